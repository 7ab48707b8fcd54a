-- As sql/mysql/002-account-keys.sql. SQLite compares TEXT byte by byte.
ALTER TABLE Users ADD COLUMN EmailKey TEXT;
ALTER TABLE Users ADD COLUMN NameKey TEXT;
CREATE UNIQUE INDEX EmailKey ON Users (EmailKey);
CREATE UNIQUE INDEX NameKey ON Users (NameKey);
ALTER TABLE Users ADD COLUMN Role TEXT NOT NULL DEFAULT 'user';
ALTER TABLE Users ADD COLUMN TokenVersion INTEGER NOT NULL DEFAULT 0;
