/** Version 0.2.0. Downloads with their files; `outcome` is null as long as there is none. */
export const downloads = `
CREATE TABLE downloads (
  id TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL,
  download TEXT NOT NULL
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
`
