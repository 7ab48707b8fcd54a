-- The account table as the service's forerunner had it. Where it exists, it is adopted as it is. A new one compares byte by
-- byte: the usual collations hold José and Jose for one name, and some hold all emoji for one.
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
  LastLogin DATETIME NULL
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
