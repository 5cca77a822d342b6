import type { AppError } from '../../contract/errors.ts'
import type { Scan } from '../../contract/desk/folder.ts'
import { call, drop, errorOf } from '../bridge/client.ts'
import { navigate, useView, type Route } from './view.ts'

/** Asks for a folder or files and opens their review. */
export async function newDeposit(what: 'folder' | 'files' = 'folder'): Promise<void> {
  await review(() => call('folders.pick', { what }))
}

/** Opens the review of what was dropped on the window. */
export async function dropFiles(files: readonly File[]): Promise<void> {
  await review(() => drop(files))
}

async function review(read: () => Promise<Scan | null>): Promise<void> {
  try {
    const scan = await read()
    if (!scan) return
    // Without an account there is nowhere to plan for: the review waits until one is chosen.
    if (useView.getState().route.kind === 'connect') useView.setState({ waitingScan: scan })
    else navigate({ kind: 'review', scanId: scan.id })
    useView.setState({ notice: null })
  } catch (thrown) {
    showNotice(errorOf(thrown))
  }
}

/** After an account was added: the review that waited for one, or the list. */
export function leaveConnect(): void {
  const { waitingScan } = useView.getState()
  useView.setState({ waitingScan: null })
  navigate(waitingScan ? { kind: 'review', scanId: waitingScan.id } : { kind: 'deposits' })
}

/** What went wrong with a command that belongs to no screen: a banner across the top until it is dismissed. */
export function showNotice(notice: AppError | null): void {
  useView.setState({ notice })
}

/** Opens an address in the browser. */
export function openInBrowser(url: string): void {
  call('app.open', { url }).catch((thrown: unknown) => showNotice(errorOf(thrown)))
}

/** The screen that a deposit is continued on. */
export function openDeposit(deposit: { readonly id: string; readonly publication: string }): void {
  navigate(routeOf(deposit))
}

function routeOf({ id, publication }: { readonly id: string; readonly publication: string }): Route {
  if (publication === 'published') return { kind: 'published', depositId: id }
  if (publication === 'asked') return { kind: 'publish', depositId: id }
  return { kind: 'deposit', depositId: id }
}
