import { useEffect, useState } from 'react'
import { call } from '../bridge/client.ts'
import { announce } from './announce.tsx'

const SHOWN_MS = 2000

/** Copies a text, and for a moment `isCopied`; a screen reader is told `done`. */
export function useCopy(text: string, done: string): { readonly isCopied: boolean; readonly copy: () => void } {
  const [isCopied, setIsCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setIsCopied(false), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [isCopied])
  const copy = () => {
    call('app.copy', { text }).then(
      () => {
        setIsCopied(true)
        announce(done)
      },
      () => undefined,
    )
  }
  return { isCopied, copy }
}
