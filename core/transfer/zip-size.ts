/** Where a size or an offset no longer fits into 32 bits and Zip64 takes over (APPNOTE 4.4.8, as yazl applies it). */
const MOST_IN_32_BITS = 0xfffffffe

/**
 * Exact size, in bytes, of a zip whose entries are stored uncompressed and written in one pass: local header, content, data
 * descriptor, then the central directory with an extended timestamp for each entry. Source: APPNOTE 6.3.10 and yazl 3.3.1,
 * whose own `calculatedTotalSize` is 76 too high once the central directory exceeds 64 KiB.
 */
export function storedZipBytes(entries: Iterable<{ readonly name: string; readonly bytes: number }>): number {
  let offset = 0
  let directory = 0
  let count = 0
  for (const { name, bytes } of entries) {
    const zip64 = bytes > MOST_IN_32_BITS || offset > MOST_IN_32_BITS
    const nameBytes = utf8Length(name)
    offset += 30 + nameBytes + bytes + (zip64 ? 24 : 16)
    directory += 46 + nameBytes + 9 + (zip64 ? 28 : 0)
    count += 1
  }
  const zip64End = count >= 0xffff || directory >= 0xffffffff || offset >= 0xffffffff
  return offset + directory + (zip64End ? 76 : 0) + 22
}

/** Bytes of a text in UTF-8; a lone surrogate counts as the three bytes of U+FFFD, which it becomes. */
function utf8Length(text: string): number {
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
