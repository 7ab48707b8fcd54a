-- Every login is a session, and its id is in the token (claim sid). A session counts while it is neither revoked nor over and
-- has the TokenVersion of its account: raising that ends all of them in one step.
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

-- Addresses that an account had: until then a password reset there gives the account back to its old address, and nobody else
-- can sign up with it.
CREATE TABLE IF NOT EXISTS FormerEmails (
  EmailKey VARBINARY(400) NOT NULL PRIMARY KEY,
  UserID INT NOT NULL,
  ReservedUntil DATETIME(3) NOT NULL,
  INDEX FormerEmailsOfUser (UserID)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- A disabled account cannot log in, and its tokens are refused.
ALTER TABLE Users ADD COLUMN DisabledAt DATETIME NULL;

-- Super administrators and disabled accounts are few among many.
ALTER TABLE Users ADD INDEX UsersByRole (Role);
ALTER TABLE Users ADD INDEX UsersByDisabling (DisabledAt);

-- Administrators look for events by their type or network, and the service for what was deleted lately.
ALTER TABLE Events ADD INDEX EventsOfType (Type, EventID);
ALTER TABLE Events ADD INDEX EventsOfNetwork (Network, EventID);
