/*
 * A check names the field that settles it (`metadata.title`), often on another screen. The one who leads there asks for the
 * field; the screen that has it takes the request when it opens.
 */
let asked: string | null = null

export function askFieldFocus(field: string): void {
  asked = field
}

export function takeFieldFocus(): string | null {
  const was = asked
  asked = null
  return was
}
