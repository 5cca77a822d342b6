import { renameSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { readPartSet } from '../../../core/transfer/parts.ts'
import { MIGRATIONS } from '../journal/migrations.ts'

/** Columns of the first version that are still what they were. */
const SAME = `deposit_id, file_id, key, source, step, bytes, plan, footing, md5, sha256, remote_checksum, resent, attempt,
  started_at`

/** Makes a journal, closed and without logs, what it was at a version from before parts were remembered one by one. */
export function turnBack(path: string, version: 1 | 2): void {
  const old = new DatabaseSync(`${path}.old`)
  for (const migration of MIGRATIONS.slice(0, version)) old.exec(migration)
  old.exec(`
    ATTACH '${path}' AS newer;
    INSERT INTO deposit (id, account_id, draft_id, server_name, error, settled)
      SELECT id, account_id, draft_id, server_name, error, settled FROM newer.deposit;
    INSERT INTO file (${SAME}, parts_sent) SELECT ${SAME}, 0 FROM newer.file;
    PRAGMA user_version = ${version};
  `)
  for (const row of old.prepare('SELECT deposit_id, file_id, parts FROM newer.file').all()) {
    const sent = readPartSet(String(row['parts']))?.[0]?.to ?? 0
    const update = old.prepare('UPDATE main.file SET parts_sent = ? WHERE deposit_id = ? AND file_id = ?')
    update.run(sent, String(row['deposit_id']), Number(row['file_id']))
  }
  old.close()
  for (const ending of ['-wal', '-shm']) rmSync(path + ending, { force: true })
  renameSync(`${path}.old`, path)
}
