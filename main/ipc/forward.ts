import type { EventName, Payload } from '../../contract/ipc.ts'

/** At most this often is one kind of event sent to the window. */
const INTERVAL_MS = 100

type Events = { on<E extends EventName>(name: E, listener: (payload: Payload<E>) => void): () => void }
type Send = <E extends EventName>(name: E, payload: Payload<E>) => void

/**
 * Passes the desk's events to the window. Of those that may come in bursts the first goes at once, and what follows within
 * 100 ms is joined into one message; nothing that still counts is lost.
 * @returns the function that ends it
 */
export function forwardEvents(events: Events, send: Send): () => void {
  const ends: (() => void)[] = []

  const pass = <E extends EventName>(name: E, join: (earlier: Payload<E>, later: Payload<E>) => Payload<E>) => {
    let waiting: { readonly payload: Payload<E> } | null = null
    let timer: NodeJS.Timeout | null = null
    const deliver = (payload: Payload<E>) => {
      send(name, payload)
      timer = setTimeout(() => {
        timer = null
        if (!waiting) return
        const { payload: joined } = waiting
        waiting = null
        deliver(joined)
      }, INTERVAL_MS)
    }
    const off = events.on(name, (payload) => {
      if (timer === null) deliver(payload)
      else waiting = { payload: waiting ? join(waiting.payload, payload) : payload }
    })
    ends.push(() => {
      off()
      if (timer) clearTimeout(timer)
    })
  }

  pass('accounts.changed', (_earlier, later) => later)
  pass('connections.changed', (_earlier, later) => later)
  pass('deposits.changed', (earlier, later) => ({
    depositIds: [...new Set([...earlier.depositIds, ...later.depositIds])],
  }))
  pass('transfers.changed', (earlier, later) => {
    const rows = [...earlier.rows, ...later.rows].map((row) => [`${row.depositId}/${row.fileId}`, row] as const)
    return { overview: later.overview, rows: [...new Map(rows).values()] }
  })
  pass('downloads.changed', (earlier, later) => {
    const changed = [...earlier.changed, ...later.changed].map((download) => [download.id, download] as const)
    return { changed: [...new Map(changed).values()], gone: [...earlier.gone, ...later.gone] }
  })
  // Several walks may go on at once, each with its own state, and the walk itself keeps to ten a second.
  ends.push(events.on('folders.changed', (scan) => send('folders.changed', scan)))

  return () => ends.forEach((end) => end())
}
