/**
 * How many files at a time a server is sent. Told to slow down twice in a row (429 or 503), it gets one; after each minute
 * without another refusal one more. Times are of a clock that never jumps.
 */
export type Width = {
  /** Refusals since the last answer that was none. */
  readonly refusals: number
  /** What it was cut down to, and when; null while it is not. */
  readonly cut: { readonly files: number; readonly at: number } | null
}

export const FULL_WIDTH: Width = { refusals: 0, cut: null }

const CREEP_MS = 60_000
const REFUSALS = 2

/** The width after an answer with `status`; null where there was none. `wanted`: files at a time that the person asked for. */
export function afterAnswer(width: Width, status: number | null, wanted: number, now: number): Width {
  if (status === null) return width
  const files = filesAtOnce(width, wanted, now)
  if (status === 429 || status === 503) {
    const refusals = width.refusals + 1
    if (refusals >= REFUSALS) return { refusals, cut: { files: 1, at: now } }
    // One alone may be a matter of chance; it only has what is cut wait its minute again.
    return { refusals, cut: files < wanted ? { files, at: now } : null }
  }
  const cut = files < wanted ? width.cut : null
  return width.refusals === 0 && cut === width.cut ? width : { refusals: 0, cut }
}

export function filesAtOnce({ cut }: Width, wanted: number, now: number): number {
  return cut === null ? wanted : Math.min(wanted, cut.files + Math.floor((now - cut.at) / CREEP_MS))
}

/** Time until one more file may be sent at a time; null when nothing is cut. */
export function widensAfterMs(width: Width, wanted: number, now: number): number | null {
  if (width.cut === null || filesAtOnce(width, wanted, now) >= wanted) return null
  return CREEP_MS - ((now - width.cut.at) % CREEP_MS)
}
