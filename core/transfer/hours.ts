import type { SendingHours } from '../../contract/desk/settings.ts'

const MINUTE_MS = 60_000
/** The longest day, with the hour that is there twice when the clock is put back. */
const LONGEST_MS = 25 * 60 * MINUTE_MS

/** Whether files are sent at `now`, and when that changes by itself; null for never. By the clock on the wall. */
export function sendingAt(hours: SendingHours | null, now: number): { open: boolean; changesAt: number | null } {
  if (hours === null || hours.from === hours.to) return { open: true, changesAt: null }
  const open = isOpen(hours, now)
  // Minute by minute, since a clock that is put forward or back leaves no other way that is always right.
  for (let at = now - (now % MINUTE_MS) + MINUTE_MS; at <= now + LONGEST_MS; at += MINUTE_MS)
    if (isOpen(hours, at) !== open) return { open, changesAt: at }
  return { open, changesAt: null }
}

/** Hours that end before they begin go over midnight. */
function isOpen({ from, to }: SendingHours, at: number): boolean {
  const date = new Date(at)
  const time = [date.getHours(), date.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':')
  return from < to ? time >= from && time < to : time >= from || time < to
}
