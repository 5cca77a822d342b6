/*
 * When another screen opens, the focus goes to its heading, so that reading and tabbing start there. The one who navigates
 * asks for it; the heading that appears next takes it.
 */
let asked = false

export function askHeadingFocus(): void {
  asked = true
}

export function takeHeadingFocus(): boolean {
  const was = asked
  asked = false
  return was
}
