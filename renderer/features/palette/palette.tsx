import {
  ArrowUpDown,
  Download,
  Files,
  Folder,
  FolderPlus,
  Play,
  Plus,
  Search,
  Settings2,
  SunMoon,
  Users,
} from 'lucide-react'
import { useState } from 'react'
import {
  Autocomplete,
  Dialog,
  Header,
  Input,
  Menu,
  MenuItem,
  MenuSection,
  Modal,
  ModalOverlay,
  SearchField,
} from 'react-aria-components'
import { newDeposit, openDeposit, showNotice } from '../../app/commands.ts'
import { askDownload, chooseAccount, navigate } from '../../app/view.ts'
import { call, errorOf } from '../../bridge/client.ts'
import { cx } from '../../components/cx.ts'
import { Icon, PauseBars, type IconShape } from '../../components/icon.tsx'
import { KeyHint } from '../../components/key-hint.tsx'
import { useAccounts, useCurrentAccount } from '../../queries/accounts.ts'
import { useDeposits } from '../../queries/deposits.ts'
import { useSaveSettings, useSettings } from '../../queries/settings.ts'
import { messages } from './messages.ts'
import styles from './palette.module.css'

type Entry = {
  readonly id: string
  readonly label: string
  readonly detail?: string
  /** Also found by these words. */
  readonly more?: string
  readonly icon: IconShape
  readonly keys?: string
  readonly run: () => void
}
type Section = { readonly id: keyof typeof messages.sections; readonly entries: readonly Entry[] }

/** Everything that can be opened or done, by a few letters. */
export function Palette({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <ModalOverlay
      className={cx(styles.overlay)}
      isOpen={isOpen}
      isDismissable
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
    >
      <Modal className={cx(styles.modal)}>
        <Dialog aria-label={messages.title} className={cx(styles.dialog)}>
          <SearchPanel onClose={onClose} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}

function SearchPanel({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('')
  const sections = useSections()
    .map((section) => ({ ...section, entries: section.entries.filter((entry) => fits(entry, text)) }))
    .filter(({ entries }) => entries.length > 0)
  const entries = sections.flatMap((section) => section.entries)

  return (
    <Autocomplete inputValue={text} onInputChange={setText}>
      <SearchField aria-label={messages.title} autoFocus className={cx(styles.field)}>
        <Icon as={Search} />
        <Input className={cx(styles.input)} placeholder={messages.placeholder} />
        <KeyHint keys="Esc" />
      </SearchField>
      <Menu
        aria-label={messages.results}
        className={cx(styles.list)}
        // No tab stop of its own: the focus stays in the field, whose arrow keys move and scroll the list.
        renderEmptyState={() => <div className={styles.none}>{messages.none}</div>}
        onAction={(key) => {
          onClose()
          entries.find(({ id }) => id === key)?.run()
        }}
      >
        {sections.map((section) => (
          <MenuSection key={section.id} id={`section ${section.id}`}>
            <Header className={styles.section}>{messages.sections[section.id]}</Header>
            {section.entries.map((entry) => (
              <MenuItem key={entry.id} id={entry.id} textValue={entry.label} className={cx(styles.item)}>
                <Icon as={entry.icon} />
                <span className={cx(styles.label, 'cut')}>{entry.label}</span>
                {entry.detail !== undefined && <span className={styles.detail}>{entry.detail}</span>}
                {entry.keys && <KeyHint keys={entry.keys} />}
              </MenuItem>
            ))}
          </MenuSection>
        ))}
      </Menu>
    </Autocomplete>
  )
}

/** All words of the query, anywhere. */
function fits({ label, detail, more }: Entry, query: string): boolean {
  const text = [label, detail, more].join(' ').toLocaleLowerCase()
  return query
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

function useSections(): Section[] {
  const accounts = useAccounts().data ?? []
  const current = useCurrentAccount()
  const deposits = useDeposits().data ?? []
  const settings = useSettings().data
  const { save } = useSaveSettings()
  const transfers = (command: 'pause' | 'resume') => {
    call('transfers.command', { command, target: { kind: 'all' } }).catch((thrown: unknown) =>
      showNotice(errorOf(thrown)),
    )
  }
  const theme = (id: 'light' | 'dark' | 'system'): Entry => ({
    id: `theme ${id}`,
    label: messages[id],
    icon: SunMoon,
    run: () => {
      if (settings) save({ ...settings, theme: id })
    },
  })
  return [
    {
      id: 'actions',
      entries: [
        { id: 'new', label: messages.newDeposit, icon: FolderPlus, keys: 'mod+O', run: () => void newDeposit() },
        {
          id: 'files',
          label: messages.newFiles,
          icon: Files,
          keys: 'mod+shift+O',
          run: () => void newDeposit('files'),
        },
        {
          id: 'download',
          label: messages.download,
          more: messages.downloadMore,
          icon: Download,
          run: () => askDownload({ kind: 'named', name: '' }),
        },
        { id: 'pause', label: messages.pauseAll, icon: PauseBars, run: () => transfers('pause') },
        { id: 'resume', label: messages.resumeAll, icon: Play, run: () => transfers('resume') },
        theme('light'),
        theme('dark'),
        theme('system'),
      ],
    },
    {
      id: 'screens',
      entries: [
        {
          id: 'deposits',
          label: messages.deposits,
          icon: Folder,
          keys: 'mod+1',
          run: () => navigate({ kind: 'deposits' }),
        },
        {
          id: 'transfers',
          label: messages.transfers,
          icon: ArrowUpDown,
          keys: 'mod+2',
          run: () => navigate({ kind: 'transfers' }),
        },
        {
          id: 'settings',
          label: messages.settings,
          icon: Settings2,
          keys: 'mod+,',
          run: () => navigate({ kind: 'settings' }),
        },
      ],
    },
    {
      id: 'deposits',
      entries: deposits.map((deposit) => ({
        id: deposit.id,
        label: deposit.title || messages.untitled,
        detail: accounts.find(({ id }) => id === deposit.accountId)?.serverName ?? '',
        more: `${deposit.sourceName} ${deposit.doi ?? ''}`,
        icon: Folder,
        run: () => openDeposit({ id: deposit.id, publication: deposit.publication }),
      })),
    },
    {
      id: 'accounts',
      entries: [
        ...accounts
          .filter(({ id }) => id !== current?.id)
          .map((account) => ({
            id: account.id,
            label: messages.useAccount(account.user.name),
            detail: account.serverName,
            icon: Users,
            run: () => chooseAccount(account.id),
          })),
        { id: 'add', label: messages.addAccount, icon: Plus, run: () => navigate({ kind: 'connect' }) },
      ],
    },
  ]
}
