import { statfs } from 'node:fs/promises'

/** File systems on drives of this computer, by their numbers in Linux (statfs(2)). Those of networks and of programs are not here. */
const LOCAL = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
  0x01021994, // tmpfs
  0x794c7630, // overlay
])
const MOST_FOLDERS = 1000

const known = new Map<string, boolean>()

/**
 * Whether a folder is surely on a drive of this computer, where a small file is read in less time than it takes to ask a
 * thread for it. Only Linux numbers its file systems for good; elsewhere nothing is sure.
 */
export async function isOnLocalDrive(folder: string): Promise<boolean> {
  if (process.platform !== 'linux') return false
  const seen = known.get(folder)
  if (seen !== undefined) return seen
  const isLocal = await statfs(folder).then(
    ({ type }) => LOCAL.has(type),
    () => false,
  )
  if (known.size >= MOST_FOLDERS) known.clear()
  known.set(folder, isLocal)
  return isLocal
}
