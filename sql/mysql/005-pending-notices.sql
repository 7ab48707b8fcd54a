-- Notices that are still to be mailed, each stored with the change that it tells of. NoticeID is a UUID of version 7, so the primary
-- key follows the time. UserID is empty where the notice outlives the account. Claim says who is at it until DueAt; once
-- HandedOverAt is set, the mail server may have the mail, and nobody sends it again.
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
