import { useEffect, type ReactNode } from 'react'
import type { Account } from '../../contract/desk/account.ts'
import type { Payload } from '../../contract/ipc.ts'
import { call, errorOf, useDeskEvent } from '../bridge/client.ts'
import { Announcer } from '../components/announce.tsx'
import { Banner, ErrorBanner } from '../components/banner.tsx'
import { Button } from '../components/button.tsx'
import { isShortcut } from '../components/keys.ts'
import { Connect } from '../features/connect/connect.tsx'
import { Deposits } from '../features/deposits/deposits.tsx'
import { DepositEditor } from '../features/editor/deposit-editor.tsx'
import { DownloadDialog } from '../features/downloads/download-dialog.tsx'
import { Downloads } from '../features/downloads/downloads.tsx'
import { Palette } from '../features/palette/palette.tsx'
import { PublishGuard } from '../features/publish/publish-guard.tsx'
import { Published } from '../features/publish/published.tsx'
import { ReviewSheet } from '../features/review-sheet/review-sheet.tsx'
import { Settings } from '../features/settings/settings.tsx'
import { Transfers } from '../features/transfers/transfers.tsx'
import { useAccounts, useConnections, useCurrentAccount } from '../queries/accounts.ts'
import { useDeskEvents } from '../queries/client.ts'
import { useSettings } from '../queries/settings.ts'
import { leaveConnect, newDeposit, showNotice } from './commands.ts'
import { DropTarget } from './drop-target.tsx'
import { ErrorBoundary } from './error-boundary.tsx'
import { messages } from './messages.ts'
import styles from './shell.module.css'
import { Sidebar } from './sidebar.tsx'
import { StatusBar } from './status-bar.tsx'
import { goBack, navigate, openPalette, useView, type Route } from './view.ts'

type Command = Payload<'app.command'>['command']

/** The window: screens, status bar, palette, and what is the same on every screen. */
export function Shell() {
  useDeskEvents()
  useTheme()
  useShortcuts()
  useDeskEvent('app.command', ({ command }) => run(command))
  const accounts = useAccounts()
  const account = useCurrentAccount()
  const route = useView((view) => view.route)
  const first = accounts.data?.length === 0
  const connecting = first || route.kind === 'connect'

  useEffect(() => {
    if (first) useView.setState({ route: { kind: 'connect' } })
  }, [first])

  return (
    <div className={styles.window}>
      <div className={connecting || !account ? styles.alone : styles.desk}>
        {!connecting && account && <Sidebar account={account} />}
        <main className={styles.main}>
          <Notices />
          {accounts.error && (
            <ErrorBanner error={errorOf(accounts.error)} onAction={() => void accounts.refetch()} tone="fail" />
          )}
          {accounts.data && (
            <ErrorBoundary key={keyOf(route)}>
              {connecting ? (
                <Connect onDone={leaveConnect} {...(first ? {} : { onCancel: goBack })} />
              ) : (
                <CurrentScreen route={route} />
              )}
              <Ready />
            </ErrorBoundary>
          )}
          <DropTarget />
        </main>
      </div>
      <StatusBar />
      {account && <PaletteWhenOpen />}
      {account && <DownloadDialogWhenOpen />}
      <Announcer />
    </div>
  )
}

function CurrentScreen({ route }: { route: Route }): ReactNode {
  switch (route.kind) {
    case 'connect':
      return null
    case 'deposits':
      return <Deposits />
    case 'review':
      return <ReviewSheet scanId={route.scanId} />
    case 'deposit':
      return <DepositEditor depositId={route.depositId} />
    case 'publish':
      return <PublishGuard depositId={route.depositId} />
    case 'published':
      return <Published depositId={route.depositId} />
    case 'transfers':
      return <Transfers downloads={<Downloads />} />
    case 'settings':
      return <Settings renewToken={route.renewToken ?? null} />
  }
}

/** A new key starts a screen anew, so that nothing of one deposit shows in another. */
function keyOf(route: Route): string {
  if ('depositId' in route) return `${route.kind} ${route.depositId}`
  return 'scanId' in route ? `${route.kind} ${route.scanId}` : route.kind
}

/** Lines across the top of every screen: what went wrong with a command, a token that is needed, a folder that waits. */
function Notices() {
  const notice = useView((view) => view.notice)
  const waitingScan = useView((view) => view.waitingScan)
  const route = useView((view) => view.route.kind)
  const accounts = useAccounts().data ?? []
  const connections = useConnections().data ?? []
  const locked = accounts.find(({ id }) =>
    connections.some(
      ({ accountId, state }) => accountId === id && (state === 'token-refused' || state === 'token-missing'),
    ),
  )
  return (
    <>
      {notice && (
        <ErrorBanner
          error={notice}
          actions={
            <Button size="s" onPress={() => showNotice(null)}>
              {messages.dismiss}
            </Button>
          }
        />
      )}
      {waitingScan && route === 'connect' && (
        <Banner tone="info" title={messages.drop.waiting(waitingScan.name)}>
          {messages.drop.waitingNext}
        </Banner>
      )}
      {locked && route !== 'connect' && route !== 'settings' && <TokenBanner account={locked} />}
    </>
  )
}

function TokenBanner({ account }: { account: Account }) {
  const connection = useConnections().data?.find(({ accountId }) => accountId === account.id)
  const code = connection?.state === 'token-missing' ? 'token-missing' : 'token-refused'
  return (
    <ErrorBanner
      error={{ code, params: { server: account.serverName } }}
      onAction={() => navigate({ kind: 'settings', renewToken: account.id })}
    />
  )
}

function PaletteWhenOpen() {
  const isOpen = useView((view) => view.paletteOpen)
  return <Palette isOpen={isOpen} onClose={() => openPalette(false)} />
}

function DownloadDialogWhenOpen() {
  const wish = useView((view) => view.download)
  return wish && <DownloadDialog wish={wish} />
}

/** Tells main that the first screen is there, after it was painted. */
function Ready() {
  useEffect(() => {
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        call('app.ready', {}).catch(() => undefined)
      })
    })
    return () => cancelAnimationFrame(frame)
  }, [])
  return null
}

function useTheme() {
  const theme = useSettings().data?.theme
  useEffect(() => {
    if (theme === undefined || theme === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme
  }, [theme])
}

/** The menu has the same shortcuts; what is handled here does not reach it. */
const SHORTCUTS: readonly (readonly [keys: string, command: Command | 'back'])[] = [
  ['mod+K', 'palette'],
  ['mod+O', 'new-deposit'],
  ['mod+shift+O', 'choose-files'],
  ['mod+1', 'deposits'],
  ['mod+2', 'transfers'],
  ['mod+,', 'settings'],
  ['alt+ArrowLeft', 'back'],
]

function useShortcuts() {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const found = SHORTCUTS.find(([keys]) => isShortcut(event, keys))
      if (!found || event.defaultPrevented) return
      event.preventDefault()
      run(found[1])
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [])
}

function run(command: Command | 'back'): void {
  // Without an account there is only the screen that adds one; a folder may be chosen already.
  const connecting = useView.getState().route.kind === 'connect'
  switch (command) {
    case 'new-deposit':
      return void newDeposit('folder')
    case 'choose-files':
      return void newDeposit('files')
    case 'palette':
      return connecting ? undefined : openPalette(!useView.getState().paletteOpen)
    case 'settings':
    case 'deposits':
    case 'transfers':
      return connecting ? undefined : navigate({ kind: command })
    case 'back':
      return connecting ? undefined : goBack()
  }
}
