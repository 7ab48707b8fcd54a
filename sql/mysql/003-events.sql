-- The audit trail. EventID is a UUID of version 7, so the primary key follows the time. Account stands for an e-mail: a keyed
-- hash of it.
CREATE TABLE IF NOT EXISTS Events (
  EventID CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  OccurredAt DATETIME(3) NOT NULL,
  Type VARCHAR(20) NOT NULL,
  Outcome VARCHAR(10) NOT NULL,
  Reason VARCHAR(60) NULL,
  UserID INT NULL,
  Account CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NULL,
  Network VARCHAR(64) NULL,
  UserAgent VARCHAR(200) NULL,
  RequestID VARCHAR(60) NULL,
  INDEX EventsOfUser (UserID, EventID),
  INDEX EventsOfAccount (Account, EventID)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
