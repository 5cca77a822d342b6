import styles from './key-hint.module.css'
import { spellKeys } from './keys.ts'

/** A shortcut as this system writes it. `mod` is Ctrl, or ⌘ on a Mac. */
export function KeyHint({ keys }: { keys: string }) {
  return <kbd className={styles.keys}>{spellKeys(keys)}</kbd>
}
