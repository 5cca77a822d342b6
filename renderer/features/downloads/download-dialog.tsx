import { useMemo, useState, type ReactNode } from 'react'
import type { Account } from '../../../contract/desk/account.ts'
import type { DownloadPlace, FoundRecord } from '../../../contract/desk/download.ts'
import { readRecordName } from '../../../core/record-name.ts'
import { askDownload, navigate, type DownloadWish } from '../../app/view.ts'
import { errorOf } from '../../bridge/client.ts'
import { announce } from '../../components/announce.tsx'
import { ServerBadge } from '../../components/badge.tsx'
import { ErrorNote, Note } from '../../components/banner.tsx'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { messages as shared } from '../../components/messages.ts'
import { serverInWords } from '../../../core/server-words.ts'
import { TextField } from '../../components/text-field.tsx'
import { useAccounts, useCurrentAccount } from '../../queries/accounts.ts'
import { useCall } from '../../queries/client.ts'
import { useFound } from '../../queries/downloads.ts'
import styles from './download-dialog.module.css'
import { FilePicker } from './file-picker.tsx'
import { messages } from './messages.ts'

const words = messages.dialog

/** Finds a record, shows what it is, and downloads the files that are ticked into a folder that the system asks for. */
export function DownloadDialog({ wish }: { wish: DownloadWish }) {
  const account = useCurrentAccount()
  const [name, setName] = useState(wish.kind === 'named' ? wish.name : '')
  /** What was last looked up; a name that is given is looked up at once. */
  const [asked, setAsked] = useState<DownloadWish | null>(wish.kind === 'named' && wish.name === '' ? null : wish)
  const found = useFound(asked, account?.id ?? null)
  const close = () => askDownload(null)
  const shown = asked?.kind === 'named' && asked.name !== name ? undefined : found.data

  return (
    <Contents title={wish.kind === 'named' ? words.title : words.copy} found={shown ?? null} onClose={close}>
      {wish.kind === 'named' && (
        <NameField
          name={name}
          account={account}
          isPending={found.isFetching}
          onChange={setName}
          onFind={() => {
            if (asked?.kind === 'named' && asked.name === name) void found.refetch()
            else setAsked({ kind: 'named', name })
          }}
        />
      )}
      {found.isFetching && <p role="status">{words.finding}</p>}
      {found.error && !found.isFetching && (asked?.kind === 'deposit' || asked?.name === name) && (
        <ErrorNote error={errorOf(found.error)} onAction={() => void found.refetch()} />
      )}
    </Contents>
  )
}

function NameField({
  name,
  account,
  isPending,
  onChange,
  onFind,
}: {
  name: string
  account: Account | null
  isPending: boolean
  onChange: (name: string) => void
  onFind: () => void
}) {
  const accounts = useAccounts().data ?? []
  const read = readRecordName(name)
  // While it is typed nothing is said to be wrong before it could be right.
  const isWrong = read === null && name.trim().length > 3
  return (
    <form
      className={styles.find}
      onSubmit={(event) => {
        event.preventDefault()
        if (read) onFind()
      }}
    >
      <div className={styles.field}>
        <TextField
          label={words.name}
          placeholder={words.placeholder}
          value={name}
          onChange={onChange}
          autoFocus
          autoComplete="off"
          spellCheck="false"
          error={isWrong ? words.unclear : null}
          description={read ? whereWords(read, account, accounts) : isWrong ? undefined : words.example}
        />
      </div>
      <Button type="submit" isDisabled={!read || isPending}>
        {words.find}
      </Button>
    </form>
  )
}

/** On which server it will be looked up, and as whom. */
function whereWords(
  { server }: NonNullable<ReturnType<typeof readRecordName>>,
  current: Account | null,
  accounts: readonly Account[],
): string {
  const all = current ? [current, ...accounts] : accounts
  const own =
    server === null
      ? current
      : (all.find((account) =>
          server.kind === 'other' ? account.origin === server.address : account.server === server.kind,
        ) ?? null)
  if (own) return words.asUser(serverInWords(own), own.user.name)
  return server === null ? '' : words.asGuest(hostOf(server))
}

function hostOf(server: NonNullable<NonNullable<ReturnType<typeof readRecordName>>['server']>): string {
  switch (server.kind) {
    case 'zenodo':
      return 'Zenodo'
    case 'zenodo-sandbox':
      return 'Zenodo Sandbox'
    case 'other':
      return URL.parse(server.address)?.host ?? server.address
  }
}

/** The dialog around it: what was found, which files, and where they go. */
function Contents({
  title,
  found,
  onClose,
  children,
}: {
  title: string
  found: FoundRecord | null
  onClose: () => void
  children: ReactNode
}) {
  /** Of the record that it was made for; of another one all files are picked at first. */
  const [choice, setChoice] = useState<{ readonly foundId: string; readonly picked: ReadonlySet<number> } | null>(null)
  const possible = useMemo(() => new Set(found ? available(found) : []), [found])
  const picked = found !== null && choice?.foundId === found.foundId ? choice.picked : possible
  const [place, setPlace] = useState<DownloadPlace | null>(null)
  const pick = useCall('downloads.pickPlace', { onSuccess: (chosen) => chosen && setPlace(chosen) })
  const start = useCall('downloads.start', {
    onSuccess: (download) => {
      announce(words.started(download.title || download.recordId))
      onClose()
      navigate({ kind: 'transfers' })
    },
  })
  const bytes = found?.files.reduce((sum, file, index) => sum + (picked.has(index) ? (file.bytes ?? 0) : 0), 0) ?? 0
  const error = pick.error ?? start.error

  return (
    <Dialog
      title={title}
      isOpen
      onClose={onClose}
      size="m"
      actions={
        <>
          <Button onPress={onClose}>{shared.cancel}</Button>
          {place === null || found === null ? (
            <Button tone="primary" isDisabled={picked.size === 0 || pick.isPending} onPress={() => pick.mutate({})}>
              {words.choose}
            </Button>
          ) : (
            <Button
              tone="primary"
              isDisabled={picked.size === 0 || start.isPending}
              onPress={() => start.mutate({ foundId: found.foundId, placeId: place.placeId, files: [...picked] })}
            >
              {words.start(picked.size)}
            </Button>
          )}
        </>
      }
    >
      <div className={styles.body}>
        {children}
        {found && (
          <div>
            <h3 className={styles.title}>{found.title || words.untitled}</h3>
            <p className={styles.facts}>
              <ServerBadge account={found} />
              <span>{words.facts(found)}</span>
            </p>
          </div>
        )}
        {found && found.files.length === 0 && <p>{words.none}</p>}
        {found && found.files.length > 0 && (
          <>
            <FilePicker
              files={found.files}
              picked={picked}
              bytes={bytes}
              onPick={(next) => setChoice({ foundId: found.foundId, picked: next })}
            />
            <p className={styles.place}>
              {place === null ? (
                words.willMake(found.folder)
              ) : (
                <>
                  <span>
                    {words.place(found.folder, place.name)}
                    {place.freeBytes !== null && `, ${words.free(place.freeBytes)}`}
                  </span>
                  <Button tone="link" size="s" isDisabled={pick.isPending} onPress={() => pick.mutate({})}>
                    {words.other}
                  </Button>
                </>
              )}
            </p>
            {place?.freeBytes != null && place.freeBytes < bytes && (
              <Note tone="attn" title={words.tooSmall(bytes, place.freeBytes)} />
            )}
          </>
        )}
        {error && <ErrorNote error={errorOf(error)} />}
      </div>
    </Dialog>
  )
}

function available({ files }: FoundRecord): number[] {
  return files.flatMap(({ obstacle }, index) => (obstacle === null ? [index] : []))
}
