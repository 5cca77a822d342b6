import { useEffect, useState } from 'react'

/** A text once it has not changed for a moment: a look-up asks the server for words, not for every letter. */
export function useSettled(text: string, afterMs = 200): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), afterMs)
    return () => clearTimeout(timer)
  }, [text, afterMs])
  return settled
}
