import { Download as DownloadIcon, Ellipsis, ExternalLink, FolderOpen, Play, RotateCw, Trash2, X } from 'lucide-react'
import type { Download, DownloadCommand } from '../../../contract/desk/download.ts'
import { explain } from '../../../contract/errors.ts'
import { openInBrowser, showNotice } from '../../app/commands.ts'
import { askDownload, navigate } from '../../app/view.ts'
import { call, errorOf } from '../../bridge/client.ts'
import { ServerName } from '../../components/badge.tsx'
import { ErrorBanner, ErrorNote } from '../../components/banner.tsx'
import { Button, IconButton } from '../../components/button.tsx'
import { cx } from '../../components/cx.ts'
import { Disclosure } from '../../components/disclosure.tsx'
import { PauseBars } from '../../components/icon.tsx'
import { SectionHead } from '../../components/layout.tsx'
import { Menu, type MenuEntry } from '../../components/menu.tsx'
import { ProgressBar } from '../../components/progress-bar.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { useNow } from '../../components/use-now.ts'
import { useCall } from '../../queries/client.ts'
import { isFinished, useDownloads } from '../../queries/downloads.ts'
import styles from './downloads.module.css'
import { messages } from './messages.ts'
import { downloadWords } from './words.ts'

/** Records on their way into folders, newest first. Nothing where there is none. */
export function Downloads() {
  const downloads = useDownloads()
  const now = useNow(10_000)
  const command = useCall('downloads.command')
  const all = downloads.data ?? []
  const finished = all.filter(({ state }) => isFinished(state))
  if (downloads.error) return <ErrorBanner error={errorOf(downloads.error)} onAction={() => void downloads.refetch()} />
  if (all.length === 0) return null
  return (
    <section className={styles.section} aria-label={messages.title}>
      <SectionHead
        bar
        title={messages.title}
        action={
          finished.length > 0 && (
            <Button
              tone="link"
              size="s"
              onPress={() => finished.forEach(({ id }) => command.mutate({ downloadId: id, command: 'forget' }))}
            >
              {messages.clear}
            </Button>
          )
        }
      />
      {command.error && <ErrorBanner error={errorOf(command.error)} />}
      <ul className={styles.list} aria-label={messages.list}>
        {all.map((download) => (
          <Line
            key={download.id}
            download={download}
            now={now}
            onCommand={(name) => command.mutate({ downloadId: download.id, command: name })}
          />
        ))}
      </ul>
    </section>
  )
}

type LineProps = {
  readonly download: Download
  readonly now: number
  readonly onCommand: (command: DownloadCommand) => void
}

function Line({ download, now, onCommand }: LineProps) {
  const { state, files, savedFiles, bytes, receivedBytes, bytesPerSecond, leftMs } = download
  const { kind, words } = downloadWords(download, now)
  const title = download.title || download.recordId
  const finished = isFinished(state)
  const received = messages.bytesOf(receivedBytes, bytes)
  const pace = [bytesPerSecond === null ? null : messages.rate(bytesPerSecond), leftMs === null ? null : messages.left(leftMs)] // prettier-ignore
  return (
    <li className={styles.download}>
      <div className={styles.line}>
        <div className={styles.name}>
          <span className={cx('cut', 'medium', styles.block)} title={title}>
            {title}
          </span>
          <span className={styles.second}>
            <ServerName account={download} />
            <span className="cut">{messages.files(savedFiles, files, download.place)}</span>
          </span>
        </div>
        <div className={styles.state}>
          <StateMark kind={kind} wrap={download.uncheckedFiles > 0}>
            {words}
          </StateMark>
          {!finished && (
            <ProgressBar
              done={receivedBytes}
              all={bytes}
              words={received}
              tone={state.kind === 'paused' || state.kind === 'stopped' ? 'off' : 'accent'}
            />
          )}
        </div>
        <div className={styles.numbers}>
          <span>{finished && state.kind !== 'cancelled' ? messages.bytes(bytes) : received}</span>
          <span className="t3">{pace.filter((part) => part !== null).join(', ')}</span>
        </div>
        <div className={styles.buttons}>
          <Main download={download} title={title} onCommand={onCommand} />
          <Menu
            label={messages.actionsFor(title)}
            trigger={<IconButton icon={Ellipsis} label={messages.actionsFor(title)} />}
            entries={entriesOf(download, onCommand)}
          />
        </div>
      </div>
      <Trouble download={download} onCommand={onCommand} />
    </li>
  )
}

/** What is most likely wanted of it now. */
function Main({ download, title, onCommand }: Omit<LineProps, 'now'> & { readonly title: string }) {
  switch (download.state.kind) {
    case 'queued':
    case 'checking':
    case 'downloading':
    case 'waiting':
      return <IconButton icon={PauseBars} label={`${messages.pause}: ${title}`} onPress={() => onCommand('pause')} />
    case 'paused':
      return <IconButton icon={Play} label={`${messages.resume}: ${title}`} onPress={() => onCommand('resume')} />
    case 'incomplete':
      return <IconButton icon={RotateCw} label={`${messages.retry}: ${title}`} onPress={() => onCommand('retry')} />
    case 'complete':
      return <IconButton icon={FolderOpen} label={`${messages.show}: ${title}`} onPress={() => showFolder(download)} />
    // What stopped has its button beside the reason.
    case 'stopped':
    case 'cancelled':
      return null
  }
}

function entriesOf(download: Download, onCommand: (command: DownloadCommand) => void): MenuEntry[] {
  const { state, url, recordId, kind, server } = download
  const finished = isFinished(state)
  const entries: MenuEntry[] = [
    { id: 'show', label: messages.show, icon: FolderOpen, onAction: () => showFolder(download) },
  ]
  if (state.kind === 'waiting' || state.kind === 'stopped' || state.kind === 'incomplete')
    entries.push({
      id: 'retry',
      label: state.kind === 'waiting' ? messages.retryNow : messages.retry,
      icon: RotateCw,
      onAction: () => onCommand('retry'),
    })
  if (finished)
    entries.push({
      id: 'again',
      label: messages.again,
      icon: DownloadIcon,
      // The practice repository has another address after each start.
      onAction: () => askDownload({ kind: 'named', name: server === 'practice' ? recordId : url }),
    })
  if (kind === 'record')
    entries.push({ id: 'browser', label: messages.browser, icon: ExternalLink, onAction: () => openInBrowser(url) })
  entries.push(
    finished
      ? {
          id: 'forget',
          label: messages.forget,
          detail: messages.forgetDetail,
          icon: Trash2,
          separate: true,
          onAction: () => onCommand('forget'),
        }
      : {
          id: 'cancel',
          label: messages.cancel,
          detail: messages.cancelDetail,
          icon: X,
          separate: true,
          onAction: () => onCommand('cancel'),
        },
  )
  return entries
}

/** Why it does not go on, and what became of the files that could not be had. */
function Trouble({ download, onCommand }: Omit<LineProps, 'now'>) {
  const { state, troubles, failedFiles, accountId } = download
  const error = state.kind === 'stopped' || state.kind === 'waiting' ? state.error : null
  if (error === null && failedFiles === 0) return null
  const act = () => {
    if (error && explain(error).action === 'sign-in' && accountId !== null)
      navigate({ kind: 'settings', renewToken: accountId })
    else onCommand('retry')
  }
  return (
    <div className={styles.trouble}>
      {error && <ErrorNote error={error} onAction={act} />}
      {failedFiles > 0 && (
        <Disclosure title={messages.troubles(failedFiles)}>
          <ul className={styles.troubles}>
            {troubles.map(({ key, error: { code, params } }) => {
              const { happened, next, todo } = explain({ code, params })
              return (
                <li key={key}>
                  <span className="selectable">{happened}</span>{' '}
                  <span className="t2">
                    {next} {todo}
                  </span>
                </li>
              )
            })}
            {failedFiles > troubles.length && <li>{messages.moreTroubles(failedFiles - troubles.length)}</li>}
          </ul>
        </Disclosure>
      )}
    </div>
  )
}

function showFolder({ id }: Download): void {
  call('downloads.showFolder', { downloadId: id }).catch((thrown: unknown) => showNotice(errorOf(thrown)))
}
