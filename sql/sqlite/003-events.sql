-- As sql/mysql/003-events.sql.
CREATE TABLE Events (
  EventID TEXT NOT NULL PRIMARY KEY,
  OccurredAt TEXT NOT NULL,
  Type TEXT NOT NULL,
  Outcome TEXT NOT NULL,
  Reason TEXT,
  UserID INTEGER,
  Account TEXT,
  Network TEXT,
  UserAgent TEXT,
  RequestID TEXT
) WITHOUT ROWID;
CREATE INDEX EventsOfUser ON Events (UserID, EventID);
CREATE INDEX EventsOfAccount ON Events (Account, EventID);
