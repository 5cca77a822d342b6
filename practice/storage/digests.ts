import type { Practice } from '../practice.ts'
import type { FileEntry, StoredObject } from './model.ts'
import type { Scope } from './store.ts'

/**
 * Computes the MD5 of a multipart file in the background: its commit is answered before, with `checksum: null` (live findings
 * D24). Entries that were published meanwhile get it too.
 */
export function startDigest(practice: Practice, object: StoredObject, record: string, key: string): void {
  const work = practice.content
    .digest(object.id, practice.closing)
    .then((md5) => {
      for (const scope of ['draft', 'record'] satisfies Scope[]) {
        const entry = practice.store.file(scope, record, key)
        if (entry && needsDigest(entry) && entry.object?.id === object.id) {
          practice.store.saveFile(scope, record, { ...entry, object: { ...entry.object, md5 } })
        }
      }
    })
    // The bytes are gone, or the server closes: there is nothing to say it to, and the next start takes it up again.
    .catch(() => undefined)
    .finally(() => practice.digests.delete(work))
  practice.digests.add(work)
}

/** Takes up what a predecessor did not finish. */
export function resumeDigests(practice: Practice): void {
  for (const { record, entry } of practice.store.allFiles()) {
    if (needsDigest(entry) && entry.object) startDigest(practice, entry.object, record, entry.key)
  }
}

const needsDigest = ({ status, object, declaredChecksum }: FileEntry) =>
  status === 'completed' && object !== null && object.md5 === null && declaredChecksum === null
