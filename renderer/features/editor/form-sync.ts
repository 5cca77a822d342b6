import type { Deposit } from '../../../contract/desk/deposit.ts'
import type { RecordMetadata } from '../../../contract/repository/record.ts'

/** So long a change waits for the next before it is stored; leaving the field, the screen or the window stores it at once. */
const STORE_AFTER_MS = 250

/** Whether two JSON values are equal; an absent key and an undefined one are the same, since JSON knows no undefined. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const left = a as Readonly<Record<string, unknown>>
  const right = b as Readonly<Record<string, unknown>>
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) => isSame(left[key], right[key]))
}

/** What the form holds, without the empty fields. Everything else stays as it was written, wrong or not. */
export function toMetadata(form: RecordMetadata): RecordMetadata {
  return Object.fromEntries(
    Object.entries(form).filter(
      ([, value]) => !(value === undefined || value === '' || (Array.isArray(value) && value.length === 0)),
    ),
  )
}

export type SyncParts = {
  readonly deposit: Deposit
  /** `edit` is that of the deposit which the form was last equal to, so that main keeps what it merged since. */
  readonly store: (metadata: RecordMetadata, edit: number) => Promise<Deposit>
  readonly onStored: (deposit: Deposit) => void
  readonly onError: (thrown: unknown) => void
}

/**
 * Keeps the form and main in step. What the person writes goes to main after a short pause; what main changed meanwhile (a
 * merge with the server, a choice between two versions) comes back, but only into fields that were not written since.
 */
export class FormSync {
  readonly #parts: SyncParts
  /** What main holds as far as known here: stored by us, or received. */
  #known: RecordMetadata
  #edit: number
  #waiting: RecordMetadata | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #underWay = 0

  constructor(parts: SyncParts) {
    this.#parts = parts
    this.#known = toMetadata(parts.deposit.metadata)
    this.#edit = parts.deposit.edit
  }

  /** What the form holds now. */
  change(form: RecordMetadata): void {
    const metadata = toMetadata(form)
    clearTimeout(this.#timer)
    this.#waiting = isSame(metadata, this.#known) ? null : metadata
    if (this.#waiting) this.#timer = setTimeout(() => this.flush(), STORE_AFTER_MS)
  }

  /** Stores what waits, at once. */
  flush(): void {
    clearTimeout(this.#timer)
    const metadata = this.#waiting
    if (metadata === null) return
    this.#waiting = null
    const before = this.#known
    this.#known = metadata
    this.#underWay += 1
    this.#parts.store(metadata, this.#edit).then(
      (deposit) => {
        this.#underWay -= 1
        // An older answer than the newest save says nothing new, and would look like a change from elsewhere.
        if (this.#underWay > 0) return
        this.#edit = deposit.edit
        this.#parts.onStored(deposit)
      },
      (thrown: unknown) => {
        this.#underWay -= 1
        if (this.#known === metadata) this.#known = before
        this.#parts.onError(thrown)
      },
    )
  }

  /** What main holds now: the fields to take over into the form, which holds `form`. */
  receive(deposit: Deposit, form: RecordMetadata): readonly (readonly [field: string, value: unknown])[] {
    if (this.#underWay > 0 || deposit.edit < this.#edit) return []
    const now = toMetadata(deposit.metadata)
    const mine = toMetadata(form)
    const before = this.#known
    this.#known = now
    this.#edit = deposit.edit
    return [...new Set([...Object.keys(before), ...Object.keys(now)])]
      .filter((field) => !isSame(now[field], before[field]) && isSame(mine[field], before[field]))
      .map((field) => [field, now[field]])
  }
}
