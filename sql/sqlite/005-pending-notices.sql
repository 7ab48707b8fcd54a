-- As sql/mysql/005-pending-notices.sql.
CREATE TABLE PendingNotices (
  NoticeID TEXT NOT NULL PRIMARY KEY,
  UserID INTEGER,
  Email TEXT NOT NULL,
  Language TEXT NOT NULL,
  Kind TEXT NOT NULL,
  Details TEXT NOT NULL,
  Attempts INTEGER NOT NULL DEFAULT 0,
  DueAt TEXT NOT NULL,
  Claim TEXT,
  HandedOverAt TEXT
) WITHOUT ROWID;
CREATE INDEX PendingNoticesOfUser ON PendingNotices (UserID);
CREATE INDEX PendingNoticesByDue ON PendingNotices (DueAt);
