import type { Download } from '../../../contract/desk/download.ts'
import { formatTime, percent } from '../../components/format.ts'
import type { StateWords } from '../../components/state-words.ts'
import { messages } from './messages.ts'

/** State of a download in words. */
export function downloadWords(download: Download, now: number): StateWords {
  const { state, uncheckedFiles, failedFiles, troubles } = download
  const words = messages.states
  switch (state.kind) {
    case 'queued':
      return { kind: 'queued', words: words.queued }
    case 'checking':
      return { kind: 'checking', words: words.checking }
    case 'downloading':
      return {
        kind: 'sending',
        words: words.downloading(Math.min(99, percent(download.receivedBytes, download.bytes))),
      }
    case 'paused':
      return { kind: 'paused', words: words.paused(formatTime(state.at, now)) }
    case 'waiting':
      if (state.error.code === 'on-battery') return { kind: 'waiting', words: words.plugged }
      return {
        kind: 'waiting',
        words:
          state.until === null || state.until <= now ? words.again : words.waitingUntil(formatTime(state.until, now)),
      }
    case 'stopped':
      return { kind: 'needs-you', words: words.stopped }
    case 'complete':
      return { kind: 'verified', words: uncheckedFiles > 0 ? words.unchecked(uncheckedFiles) : words.complete }
    case 'incomplete': {
      const changed = troubles.length > 0 && troubles.every(({ error }) => error.code === 'download-changed')
      return { kind: 'needs-you', words: changed ? words.changed(failedFiles) : words.incomplete(failedFiles) }
    }
    case 'cancelled':
      return { kind: 'cancelled', words: words.cancelled }
  }
}
