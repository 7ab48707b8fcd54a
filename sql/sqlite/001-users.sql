-- The account table, column for column as in MySQL, so that data can move from one to the other.
CREATE TABLE Users (
  UserID INTEGER PRIMARY KEY AUTOINCREMENT,
  UserName TEXT NOT NULL UNIQUE,
  Email TEXT NOT NULL UNIQUE,
  Password TEXT NOT NULL,
  AvatarUrl TEXT,
  Gender TEXT,
  BirthDate TEXT,
  Phone TEXT,
  Address TEXT,
  RegisterTime TEXT,
  LastLogin TEXT
);
