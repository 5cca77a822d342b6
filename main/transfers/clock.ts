/** A clock that never jumps, other than that of the person (fault U34). Milliseconds. */
export function monotonic(): number {
  return performance.now()
}
