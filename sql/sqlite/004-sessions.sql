-- As sql/mysql/004-sessions.sql.
CREATE TABLE Sessions (
  SessionID TEXT NOT NULL PRIMARY KEY,
  UserID INTEGER NOT NULL,
  TokenVersion INTEGER NOT NULL,
  Generation INTEGER NOT NULL DEFAULT 0,
  RefreshedAt TEXT,
  CreatedAt TEXT NOT NULL,
  LastSeenAt TEXT NOT NULL,
  ExpiresAt TEXT NOT NULL,
  RevokedAt TEXT,
  Network TEXT NOT NULL,
  UserAgent TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX SessionsOfUser ON Sessions (UserID);
CREATE INDEX SessionsByEnd ON Sessions (ExpiresAt);

CREATE TABLE FormerEmails (
  EmailKey TEXT NOT NULL PRIMARY KEY,
  UserID INTEGER NOT NULL,
  ReservedUntil TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX FormerEmailsOfUser ON FormerEmails (UserID);

ALTER TABLE Users ADD COLUMN DisabledAt TEXT;
CREATE INDEX UsersByRole ON Users (Role);
CREATE INDEX UsersByDisabling ON Users (DisabledAt);
CREATE INDEX EventsOfType ON Events (Type, EventID);
CREATE INDEX EventsOfNetwork ON Events (Network, EventID);
