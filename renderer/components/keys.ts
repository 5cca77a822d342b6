const mac = /mac/i.test(navigator.platform)

/** `mod+shift+K` as “Ctrl Shift K”, or “⌘ ⇧ K” on a Mac. */
export function spellKeys(keys: string): string {
  return keys
    .split('+')
    .map((key) => {
      if (key === 'mod') return mac ? '⌘' : 'Ctrl'
      if (key === 'shift') return mac ? '⇧' : 'Shift'
      if (key === 'alt') return mac ? '⌥' : 'Alt'
      return key
    })
    .join(' ')
}

/** Whether a key press is the shortcut. */
export function isShortcut(event: KeyboardEvent | React.KeyboardEvent, keys: string): boolean {
  const parts = keys.split('+')
  const key = parts.at(-1) ?? ''
  const mod = mac ? event.metaKey : event.ctrlKey
  const otherMod = mac ? event.ctrlKey : event.metaKey
  return (
    event.key.toLowerCase() === key.toLowerCase() &&
    mod === parts.includes('mod') &&
    !otherMod &&
    event.shiftKey === parts.includes('shift') &&
    event.altKey === parts.includes('alt')
  )
}
