import { create } from 'zustand'
import { createJSONStorage, persist } from 'zustand/middleware'
import type { Scan } from '../../contract/desk/folder.ts'
import type { AppError } from '../../contract/errors.ts'
import { askHeadingFocus } from '../components/heading-focus.ts'

/** The screens. No address bar: a route is plain data. */
export type Route =
  | { readonly kind: 'connect' }
  | { readonly kind: 'deposits' }
  | { readonly kind: 'review'; readonly scanId: string }
  | { readonly kind: 'deposit'; readonly depositId: string }
  | { readonly kind: 'publish'; readonly depositId: string }
  | { readonly kind: 'published'; readonly depositId: string }
  | { readonly kind: 'transfers' }
  /** With `renewToken`, the token of this account is asked for at once. */
  | { readonly kind: 'settings'; readonly renewToken?: string }

/** Which record: one that the person names, or that of a deposit. */
export type DownloadWish =
  { readonly kind: 'named'; readonly name: string } | { readonly kind: 'deposit'; readonly depositId: string }

type View = {
  readonly route: Route
  /** The account that new deposits go to; null as long as the person has not chosen. */
  readonly accountId: string | null
  readonly paletteOpen: boolean
  /** The record that is about to be downloaded; null while the dialog is closed. */
  readonly download: DownloadWish | null
  /** The deposit that is selected in the list. */
  readonly selectedDepositId: string | null
  readonly notice: AppError | null
  /** Dropped while there was no account yet. */
  readonly waitingScan: Scan | null
}

/** What is open and selected; data of main never live here. */
export const useView = create<View>()(
  persist<View, [], [], Pick<View, 'accountId'>>(
    () => ({
      route: { kind: 'deposits' },
      accountId: null,
      paletteOpen: false,
      download: null,
      selectedDepositId: null,
      notice: null,
      waitingScan: null,
    }),
    {
      name: 'view',
      storage: createJSONStorage(() => window.localStorage),
      partialize: ({ accountId }) => ({ accountId }),
    },
  ),
)

/** Opens a screen; the focus goes to its heading. */
export function navigate(route: Route): void {
  askHeadingFocus()
  useView.setState({ route, paletteOpen: false })
}

/** One step out: from a deposit's screens to the deposit, from everything else to the list. */
export function goBack(): void {
  const { route } = useView.getState()
  if (route.kind === 'publish') navigate({ kind: 'deposit', depositId: route.depositId })
  else if (route.kind !== 'deposits') navigate({ kind: 'deposits' })
}

export function chooseAccount(accountId: string): void {
  useView.setState({ accountId })
}

export function selectDeposit(depositId: string | null): void {
  useView.setState({ selectedDepositId: depositId })
}

export function askDownload(download: DownloadWish | null): void {
  useView.setState({ download, paletteOpen: false })
}

export function openPalette(paletteOpen: boolean): void {
  useView.setState({ paletteOpen })
}
