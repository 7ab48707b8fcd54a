-- Creates the database of a new deployment, with everything in it:
--
--   mysql -u root -p
--   mysql> source sql/ddl.sql
--
-- Safe to run again, and on an existing deployment: what exists is left as it is, and the service's own migrations
-- (sql/mysql/) bring an older table up to date at its next start.

CREATE DATABASE IF NOT EXISTS dream DEFAULT CHARACTER SET utf8mb4;
USE dream;

CREATE TABLE IF NOT EXISTS Users (
  UserID INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  UserName VARCHAR(50) NOT NULL UNIQUE,
  Email VARCHAR(100) NOT NULL UNIQUE,
  Password VARCHAR(255) NOT NULL,
  AvatarUrl VARCHAR(255) NULL,
  Gender VARCHAR(10) NULL,
  BirthDate DATE NULL,
  Phone VARCHAR(20) NULL,
  Address VARCHAR(255) NULL,
  RegisterTime DATETIME NULL,
  LastLogin DATETIME NULL,
  EmailKey VARBINARY(400) NULL,
  NameKey VARBINARY(600) NULL,
  Role VARCHAR(20) NOT NULL DEFAULT 'user',
  TokenVersion INT NOT NULL DEFAULT 0,
  DisabledAt DATETIME NULL,
  UNIQUE INDEX EmailKey (EmailKey),
  UNIQUE INDEX NameKey (NameKey),
  INDEX UsersByRole (Role),
  INDEX UsersByDisabling (DisabledAt)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

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
  INDEX EventsOfAccount (Account, EventID),
  INDEX EventsOfType (Type, EventID),
  INDEX EventsOfNetwork (Network, EventID)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS Sessions (
  SessionID CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  UserID INT NOT NULL,
  TokenVersion INT NOT NULL,
  Generation INT NOT NULL DEFAULT 0,
  RefreshedAt DATETIME(3) NULL,
  CreatedAt DATETIME NOT NULL,
  LastSeenAt DATETIME NOT NULL,
  ExpiresAt DATETIME NOT NULL,
  RevokedAt DATETIME NULL,
  Network VARCHAR(64) NOT NULL,
  UserAgent VARCHAR(200) NOT NULL,
  INDEX SessionsOfUser (UserID),
  INDEX SessionsByEnd (ExpiresAt)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS FormerEmails (
  EmailKey VARBINARY(400) NOT NULL PRIMARY KEY,
  UserID INT NOT NULL,
  ReservedUntil DATETIME(3) NOT NULL,
  INDEX FormerEmailsOfUser (UserID)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS PendingNotices (
  NoticeID CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  UserID INT NULL,
  Email VARCHAR(100) NOT NULL,
  Language VARCHAR(10) NOT NULL,
  Kind VARCHAR(30) NOT NULL,
  Details VARCHAR(1000) NOT NULL,
  Attempts INT NOT NULL DEFAULT 0,
  DueAt DATETIME(3) NOT NULL,
  Claim CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  HandedOverAt DATETIME(3) NULL,
  INDEX PendingNoticesOfUser (UserID),
  INDEX PendingNoticesByDue (DueAt)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS DreamMigrations (
  Version INT NOT NULL PRIMARY KEY,
  Name VARCHAR(100) NOT NULL,
  AppliedAt DATETIME NOT NULL
) DEFAULT CHARACTER SET utf8mb4;

-- Marked as applied only where the tables above are those just created, and not older ones that still lack a step or another
-- program's.
INSERT IGNORE INTO DreamMigrations (Version, Name, AppliedAt)
SELECT Version, Name, UTC_TIMESTAMP() FROM (
  SELECT 1 AS Version, '001-users.sql' AS Name UNION ALL SELECT 2, '002-account-keys.sql' UNION ALL SELECT 3, '003-events.sql'
  UNION ALL SELECT 4, '004-sessions.sql' UNION ALL SELECT 5, '005-pending-notices.sql'
) AS Steps
WHERE (SELECT COUNT(*) FROM information_schema.COLUMNS
       WHERE TABLE_SCHEMA = 'dream'
         AND (TABLE_NAME = 'Users' AND COLUMN_NAME IN ('EmailKey', 'NameKey', 'Role', 'TokenVersion', 'DisabledAt')
           OR TABLE_NAME = 'Events' AND COLUMN_NAME IN ('EventID', 'OccurredAt', 'Type', 'Outcome', 'Reason', 'UserID', 'Account', 'Network', 'UserAgent', 'RequestID')
           OR TABLE_NAME = 'Sessions' AND COLUMN_NAME IN ('SessionID', 'UserID', 'TokenVersion', 'Generation', 'RefreshedAt', 'CreatedAt', 'LastSeenAt', 'ExpiresAt', 'RevokedAt', 'Network', 'UserAgent')
           OR TABLE_NAME = 'FormerEmails' AND COLUMN_NAME IN ('EmailKey', 'UserID', 'ReservedUntil')
           OR TABLE_NAME = 'PendingNotices' AND COLUMN_NAME IN ('NoticeID', 'UserID', 'Email', 'Language', 'Kind', 'Details', 'Attempts', 'DueAt', 'Claim', 'HandedOverAt'))) = 39;
