import { createHash, type Hash } from 'node:crypto'
import { constants } from 'node:fs'
import { access, link, lstat, mkdir, open, realpath, rename, rmdir, unlink, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { DeskError } from '../../contract/errors.ts'
import { fit } from './names.ts'

/*
 * The folder that files are downloaded into. Nothing in it is ever overwritten, no link is followed to what is outside, and a
 * file has its name only when it is complete.
 */

const BLOCK_BYTES = 1024 * 1024
const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL } = constants
/** Windows has neither; there a look before has to do. */
const CAREFUL = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** What is wrong with the place for one file, as half a sentence. */
export class PlaceError extends Error {}

/** What the content of a file should be; `md5` null where the server does not say. */
type Content = { readonly key: string; readonly bytes: number; readonly md5: string | null }

/** Makes the folder where it is missing, and returns its real path. Throws DeskError save-failed. */
export async function makePlace(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
    return await realpath(folder)
  } catch (error) {
    throw new DeskError('save-failed', { reason: diskTrouble(error)?.reason ?? 'the folder can’t be made' })
  }
}

/**
 * Where a file goes, its folder made, and where its part is until it is complete. The name of the part holds what the content
 * should be, so that it is never continued with another. Throws PlaceError.
 */
export async function locate(root: string, path: string, content: Content): Promise<{ target: string; part: string }> {
  let folder = root
  for (const name of path.split('/').slice(0, -1)) {
    const inside = join(folder, name)
    await mkdir(inside).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error
    })
    folder = await realpath(inside)
    if (!isInside(root, folder)) throw new PlaceError(`“${name}” leads out of the folder`)
    if (!(await lstat(folder)).isDirectory()) throw new PlaceError(`“${name}” is there already, and is no folder`)
  }
  return { target: join(folder, basename(path)), part: join(folder, partName(path, content)) }
}

function partName(path: string, { key, bytes, md5 }: Content): string {
  const id = createHash('sha256')
    .update(`${md5 ?? bytes}\n${key}`)
    .digest('hex')
    .slice(0, 12)
  const ending = `.${id}.part`
  return fit(basename(path), 255 - ending.length) + ending
}

function isInside(root: string, folder: string): boolean {
  return folder.startsWith(root.endsWith(sep) ? root : root + sep)
}

type Placed = Content & { readonly path: string }

/** Removes what was begun of these files. */
export async function removeParts(root: string, files: readonly Placed[]): Promise<void> {
  const real = await realpath(root)
  for (const file of files) {
    const folder: string | null = await realpath(join(real, dirname(file.path))).catch(() => null)
    if (folder !== null && (folder === real || isInside(real, folder)))
      await unlink(join(folder, partName(file.path, file))).catch(() => undefined)
  }
}

/** The same, and removes the folders that hold nothing then, the root with them. One that is not there is fine. */
export async function discardParts(root: string, files: readonly Placed[]): Promise<void> {
  if ((await lstat(root).catch(ifMissing)) === null) return
  await removeParts(root, files)
  const folders = new Set<string>()
  for (const { path } of files) for (let up = dirname(path); up !== '.'; up = dirname(up)) folders.add(join(root, up))
  // The deepest first; one that holds something stays, and so does what is a link.
  for (const folder of [...folders].sort((a, b) => b.length - a.length)) await rmdir(folder).catch(() => undefined)
  await rmdir(root).catch(() => undefined)
}

/** What is at `target`, compared with what should be. One that last changed at `knownAt` was compared before. */
export async function look(
  target: string,
  { bytes, md5 }: Pick<Content, 'bytes' | 'md5'>,
  signal: AbortSignal,
  knownAt?: number,
): Promise<'nothing' | 'equal' | 'different'> {
  const found = await lstat(target).catch(ifMissing)
  if (found === null) return 'nothing'
  if (!found.isFile() || found.size !== bytes) return 'different'
  if (found.mtimeMs === knownAt) return 'equal'
  // Whatever it is, nothing says that it is this file.
  if (md5 === null) return 'different'
  const handle = await open(target, O_RDONLY | CAREFUL)
  try {
    return (await hashOf(handle, signal)).digest('hex') === md5 ? 'equal' : 'different'
  } finally {
    await handle.close()
  }
}

/** Bytes that have arrived, hashed as they are written. */
export class Part {
  /** Of what was received; null before anything was in this run. */
  etag: string | null = null
  bytes = 0
  readonly #path: string
  readonly #handle: FileHandle
  #hash: Hash
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #writing = Promise.resolve()

  private constructor(path: string, handle: FileHandle, hash: Hash, bytes: number) {
    this.#path = path
    this.#handle = handle
    this.#hash = hash
    this.bytes = bytes
  }

  /** Takes up what an earlier run left. */
  static async open(path: string, signal: AbortSignal): Promise<Part> {
    let found = await lstat(path).catch(ifMissing)
    if (found && (!found.isFile() || found.nlink > 1)) {
      // Writing would change another file: the one that it links to, or one that was complete.
      await unlink(path)
      found = null
    }
    const handle = await open(path, O_RDWR | CAREFUL | (found ? 0 : O_CREAT | O_EXCL))
    try {
      const hash = await hashOf(handle, signal)
      return new Part(path, handle, hash, (await handle.stat()).size)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Written a megabyte at a time, while the next one arrives: a write for each packet costs half of the speed. */
  async append(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk)
    this.bytes += chunk.length
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.length
    if (this.#waitingBytes >= BLOCK_BYTES) await this.#write()
  }

  async startAgain(): Promise<void> {
    await this.#writing
    await this.#handle.truncate(0)
    this.#hash = createHash('md5')
    this.#waiting = []
    this.#waitingBytes = 0
    this.bytes = 0
    this.etag = null
  }

  md5(): string {
    return this.#hash.copy().digest('hex')
  }

  /** Gives it its name, on disk when this returns. False when something else has the name by now. */
  async moveTo(target: string): Promise<boolean> {
    await this.#write()
    await this.#writing
    await this.#handle.sync()
    await this.close()
    try {
      // Unlike a rename, a link never replaces.
      await link(this.#path, target)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false
      // Some file systems have no links, FAT for one.
      if ((await lstat(target).catch(ifMissing)) !== null) return false
      await rename(this.#path, target)
      return true
    }
    await unlink(this.#path)
    return true
  }

  async remove(): Promise<void> {
    await this.close()
    await unlink(this.#path).catch(ifMissing)
  }

  /** Keeps what has arrived. More than once is fine. */
  async close(): Promise<void> {
    try {
      await this.#write()
      await this.#writing
    } finally {
      await this.#handle.close()
    }
  }

  /** Starts to write what waits, once the write before has ended. Throws what that one met. */
  async #write(): Promise<void> {
    await this.#writing
    if (this.#waitingBytes === 0) return
    const block = Buffer.concat(this.#waiting, this.#waitingBytes)
    const at = this.bytes - block.length
    this.#waiting = []
    this.#waitingBytes = 0
    this.#writing = this.#writeBlock(block, at)
    // Met by the next that waits for it.
    this.#writing.catch(() => undefined)
  }

  async #writeBlock(block: Buffer, at: number): Promise<void> {
    for (let written = 0; written < block.length;) {
      const { bytesWritten } = await this.#handle.write(block, written, block.length - written, at + written)
      written += bytesWritten
    }
  }
}

export async function removePart(path: string): Promise<void> {
  await unlink(path).catch(ifMissing)
}

/** What the system said, as half a sentence. `all`: no other file can be saved either. Null for what is no matter of the disk. */
export function diskTrouble(error: unknown): { readonly reason: string; readonly all: boolean } | null {
  if (error instanceof PlaceError) return { reason: error.message, all: false }
  const code = codeOf(error)
  if (!/^E[A-Z0-9]+$/.test(code)) return null
  const known = DISK_TROUBLES[code]
  return {
    reason: known ?? `the system says ${code}`,
    all: ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'ENODEV'].includes(code),
  }
}

const DISK_TROUBLES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'your share of the disk is used up',
  EROFS: 'the disk can’t be written',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EFBIG: 'the disk takes no file of this size',
  EIO: 'the disk reported an error',
  ENAMETOOLONG: 'its name is too long for this disk',
  ENOENT: 'its folder is not there any more',
  ENOTDIR: 'something of the same name is no folder',
  EEXIST: 'something of the same name is no folder',
}

async function hashOf(handle: FileHandle, signal: AbortSignal): Promise<Hash> {
  const hash = createHash('md5')
  const buffer = Buffer.allocUnsafe(BLOCK_BYTES)
  for (let at = 0; ;) {
    signal.throwIfAborted()
    const { bytesRead } = await handle.read(buffer, 0, BLOCK_BYTES, at)
    if (bytesRead === 0) return hash
    hash.update(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
}

function ifMissing(error: unknown): null {
  if (codeOf(error) === 'ENOENT') return null
  throw error
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
