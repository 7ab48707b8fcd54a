-- One step a statement: MySQL commits each by itself, and a step that was already taken is passed over on the next run.

-- The canonical spellings that accounts are found and kept unique by. Binary, so that neither accents nor trailing spaces
-- are ignored. NULL until the service has filled them in for a row that it did not write.
ALTER TABLE Users ADD COLUMN EmailKey VARBINARY(400) NULL;
ALTER TABLE Users ADD COLUMN NameKey VARBINARY(600) NULL;
ALTER TABLE Users ADD UNIQUE INDEX EmailKey (EmailKey);
ALTER TABLE Users ADD UNIQUE INDEX NameKey (NameKey);

-- 'user' or 'super_admin'.
ALTER TABLE Users ADD COLUMN Role VARCHAR(20) NOT NULL DEFAULT 'user';

-- A token carries the version it was issued under; raising the version revokes every token of the account at once.
ALTER TABLE Users ADD COLUMN TokenVersion INT NOT NULL DEFAULT 0;
