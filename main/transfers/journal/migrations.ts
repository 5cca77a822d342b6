/**
 * Numbered steps from an empty database to the newest; each runs in a transaction of its own and is never changed once
 * released. `user_version` counts those that were taken.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE deposit (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    draft_id TEXT NOT NULL,
    -- For sentences, while no session is there.
    server_name TEXT NOT NULL,
    -- Why the whole deposit waits for the person; JSON.
    error TEXT,
    -- Every file is done, cancelled or left out.
    settled INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE file (
    deposit_id TEXT NOT NULL REFERENCES deposit (id) ON DELETE CASCADE,
    file_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    source TEXT NOT NULL,
    step TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    plan TEXT NOT NULL,
    footing TEXT NOT NULL,
    parts_sent INTEGER NOT NULL,
    md5 TEXT,
    sha256 TEXT,
    remote_checksum TEXT,
    resent INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    started_at REAL,
    PRIMARY KEY (deposit_id, file_id)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What happened to a file on its way; no row where nothing remarkable did.
  CREATE TABLE log (
    deposit_id TEXT NOT NULL REFERENCES deposit (id) ON DELETE CASCADE,
    file_id INTEGER NOT NULL,
    -- JSON, bounded (core/transfer/log).
    entries TEXT NOT NULL,
    PRIMARY KEY (deposit_id, file_id)
  ) STRICT, WITHOUT ROWID;
  `,
  // Parts were sent one after the other, and counted; now each is remembered.
  `
  ALTER TABLE file ADD COLUMN parts TEXT NOT NULL DEFAULT '';
  UPDATE file SET parts = iif(parts_sent = 1, '1', '1-' || parts_sent) WHERE parts_sent > 0;
  ALTER TABLE file DROP COLUMN parts_sent;
  `,
  `
  -- Whether the bytes are known, or only the most that they can be: a zip that is compressed has to be packed to know.
  ALTER TABLE file ADD COLUMN measured INTEGER NOT NULL DEFAULT 1;
  `,
]
