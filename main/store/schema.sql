-- Version 2

CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  added_at INTEGER NOT NULL,
  account TEXT NOT NULL
) STRICT;

CREATE TABLE deposit_files (
  deposit_id TEXT NOT NULL,
  file_id INTEGER NOT NULL,
  key TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (deposit_id, file_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE deposits (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  deposit TEXT NOT NULL
) STRICT;

CREATE TABLE download_files (
  download_id TEXT NOT NULL,
  file_id INTEGER NOT NULL,
  key TEXT NOT NULL,
  path TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  md5 TEXT,
  outcome TEXT,
  PRIMARY KEY (download_id, file_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE downloads (
  id TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL,
  download TEXT NOT NULL
) STRICT;

CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY,
  noticed_at INTEGER NOT NULL,
  table_name TEXT NOT NULL,
  row_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  content TEXT NOT NULL
) STRICT;

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE vocabulary_cache (
  origin TEXT NOT NULL,
  vocabulary TEXT NOT NULL,
  query TEXT NOT NULL,
  stored_at INTEGER NOT NULL,
  answer TEXT NOT NULL,
  PRIMARY KEY (origin, vocabulary, query)
) STRICT, WITHOUT ROWID;
