/** Where a size or an offset no longer fits into 32 bits and Zip64 takes over (APPNOTE 4.4.8, as yazl applies it). */
const MOST_IN_32_BITS = 0xfffffffe

/** What has been written of a zip so far: content and local headers, and what the central directory will take. */
export type ZipSize = { readonly offset: number; readonly directory: number; readonly count: number }

export const EMPTY_ZIP: ZipSize = { offset: 0, directory: 0, count: 0 }

/** An entry of a zip; `packedBytes` is what its content takes once compressed, null or absent where it is stored. */
export type SizedEntry = { readonly name: string; readonly bytes: number; readonly packedBytes?: number | null }

/** With one more entry: local header, content, data descriptor, and its record in the central directory. */
export function addToZip({ offset, directory, count }: ZipSize, { name, bytes, packedBytes }: SizedEntry): ZipSize {
  const zip64 = bytes > MOST_IN_32_BITS || offset > MOST_IN_32_BITS
  const nameBytes = utf8Length(name)
  return {
    offset: offset + 30 + nameBytes + (packedBytes ?? bytes) + (zip64 ? 24 : 16),
    directory: directory + 46 + nameBytes + 9 + (zip64 ? 28 : 0),
    count: count + 1,
  }
}

/** Bytes of the whole zip, with its central directory. */
export function zipBytesOf({ offset, directory, count }: ZipSize): number {
  const zip64End = count >= 0xffff || directory >= 0xffffffff || offset >= 0xffffffff
  return offset + directory + (zip64End ? 76 : 0) + 22
}

/**
 * Exact size, in bytes, of a zip that is written in one pass, with an extended timestamp for each entry. Source: APPNOTE
 * 6.3.10 and yazl 3.3.1, whose own `calculatedTotalSize` is 76 too high once the central directory exceeds 64 KiB.
 */
export function zipBytes(entries: Iterable<SizedEntry>): number {
  let size = EMPTY_ZIP
  for (const entry of entries) size = addToZip(size, entry)
  return zipBytesOf(size)
}

/** Bytes of a text in UTF-8; a lone surrogate counts as the three bytes of U+FFFD, which it becomes. */
export function utf8Length(text: string): number {
  let length = 0
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) length += 1
    else if (unit < 0x800) length += 2
    else if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(at + 1))) {
      length += 4
      at += 1
    } else length += 3
  }
  return length
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}
