import { useMutation } from '@tanstack/react-query'
import { ExternalLink, KeyRound, Lock } from 'lucide-react'
import { Fragment, useRef, useState } from 'react'
import type { Account, AccountCheck, ServerChoice } from '../../../contract/desk/account.ts'
import { openInBrowser } from '../../app/commands.ts'
import { call, errorOf } from '../../bridge/client.ts'
import { announce } from '../../components/announce.tsx'
import { ErrorNote } from '../../components/banner.tsx'
import { Button } from '../../components/button.tsx'
import { capabilityFacts } from '../../components/capabilities.ts'
import { Icon } from '../../components/icon.tsx'
import { Facts } from '../../components/layout.tsx'
import { StateMark } from '../../components/state-mark.tsx'
import { TextField } from '../../components/text-field.tsx'
import { useNow } from '../../components/use-now.ts'
import { useKeychain } from '../../queries/accounts.ts'
import styles from './connect.module.css'
import { messages, type Preset } from './messages.ts'

const HOSTS = { zenodo: 'zenodo.org', 'zenodo-sandbox': 'sandbox.zenodo.org' } as const
/** Where InvenioRDM and Zenodo make personal tokens. */
const TOKEN_PAGE = '/account/settings/applications/tokens/new/'

type Props = {
  readonly preset: Exclude<Preset, 'practice'>
  readonly onDone: (account: Account) => void
  readonly onCancel: (() => void) | undefined
}

/** Address, token, and what the server answered to them. A token is tried when it is pasted or on Enter. */
export function TokenPanel({ preset, onDone, onCancel }: Props) {
  const [address, setAddress] = useState('')
  const [token, setToken] = useState('')
  const tokenField = useRef<HTMLInputElement>(null)
  const addressField = useRef<HTMLInputElement>(null)
  const keychain = useKeychain().data

  const check = useMutation({
    mutationFn: ({ server, token: tried }: { server: ServerChoice; token: string }) =>
      call('accounts.check', { server, token: tried }),
    onSuccess: ({ user }) => {
      if (user) announce(messages.checked(user.name))
    },
  })
  const add = useMutation({
    mutationFn: (checkId: string) => call('accounts.add', { checkId }),
    onSuccess: (account) => {
      setToken('')
      onDone(account)
    },
  })

  const host = preset === 'other' ? hostOf(address) : HOSTS[preset]
  const checkId = check.data?.checkId ?? null
  const complete = token.trim() !== '' && (preset !== 'other' || address.trim() !== '')

  function tryToken(text: string) {
    const trimmed = text.trim()
    if (trimmed === '' || (preset === 'other' && address.trim() === '')) return
    add.reset()
    check.mutate({
      server: preset === 'other' ? { kind: 'other', address: address.trim() } : { kind: preset },
      token: trimmed,
    })
  }

  function changeToken(text: string) {
    setToken(text)
    check.reset()
  }

  return (
    <section className={styles.panel} aria-label={heading(preset)}>
      <div>
        <h2>{heading(preset)}</h2>
        <p className={styles.lead}>
          {preset === 'other' ? messages.tokenLeadOther : messages.tokenLead(messages[nameOf(preset)].name)}
        </p>
      </div>
      {preset === 'other' && (
        <TextField
          label={messages.address}
          description={messages.addressHint}
          value={address}
          onChange={(text) => {
            setAddress(text)
            check.reset()
          }}
          inputRef={addressField}
          type="url"
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            if (token.trim() === '') tokenField.current?.focus()
            else tryToken(token)
          }}
        />
      )}
      <div>
        <Button
          icon={ExternalLink}
          isDisabled={host === null}
          onPress={() => {
            if (host !== null) openInBrowser(`https://${host}${TOKEN_PAGE}`)
          }}
        >
          {messages.createToken(host ?? messages.theServer)}
        </Button>
        <p className={styles.hint}>{preset === 'other' ? messages.noScopes : <Scopes />}</p>
      </div>
      <TextField
        label={messages.token}
        icon={KeyRound}
        type="password"
        autoComplete="off"
        placeholder={messages.tokenPlaceholder}
        value={token}
        onChange={changeToken}
        inputRef={tokenField}
        isDisabled={check.isPending || add.isPending}
        onPaste={(event) => {
          const pasted = event.clipboardData?.getData('text/plain') ?? ''
          if (pasted.trim() === '') return
          event.preventDefault()
          changeToken(pasted.trim())
          tryToken(pasted)
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return
          if (checkId !== null) add.mutate(checkId)
          else tryToken(token)
        }}
        end={
          token !== '' && !check.isPending ? (
            <Button
              tone="link"
              size="s"
              onPress={() => {
                changeToken('')
                tokenField.current?.focus()
              }}
            >
              {messages.replace}
            </Button>
          ) : null
        }
      />
      {keychain && (
        <p className={styles.kept}>
          <Icon as={Lock} />
          {keychain.available
            ? messages.keptIn(keychain.name, host ?? messages.theServer)
            : messages.keptForRun(host ?? messages.theServer)}
        </p>
      )}
      {check.isPending && (
        <p className={styles.result} role="status">
          <StateMark kind="sending" wrap>
            {messages.checking(host ?? messages.theServer)}
          </StateMark>
        </p>
      )}
      {check.data && (
        <Result
          check={check.data}
          host={host ?? check.data.serverName}
          onAction={() =>
            (check.data?.error && isAboutAddress(check.data) ? addressField : tokenField).current?.focus()
          }
          onRetry={() => tryToken(token)}
        />
      )}
      {check.error && (
        <div className={styles.result}>
          <ErrorNote error={errorOf(check.error)} tone="fail" onAction={() => tryToken(token)} />
        </div>
      )}
      {add.error && <ErrorNote error={errorOf(add.error)} tone="fail" onAction={() => tryToken(token)} />}
      <Foot check={check.data}>
        {onCancel && <Button onPress={onCancel}>{messages.notNow}</Button>}
        {checkId === null ? (
          <Button tone="primary" isDisabled={!complete || check.isPending} onPress={() => tryToken(token)}>
            {check.data ? messages.checkAgain : messages.check}
          </Button>
        ) : (
          <Button tone="primary" isDisabled={add.isPending} onPress={() => add.mutate(checkId)}>
            {messages.use}
          </Button>
        )}
      </Foot>
    </section>
  )
}

function Foot({ check, children }: { check: AccountCheck | undefined; children: React.ReactNode }) {
  const now = useNow(30_000)
  return (
    <div className={styles.actions}>
      <span className={styles.checkedAt}>{check && messages.checkedAt(check.checkedAt, check.requests, now)}</span>
      {children}
    </div>
  )
}

/** What was reached, step by step; the step that failed explains itself. */
function Result({
  check,
  host,
  onAction,
  onRetry,
}: {
  check: AccountCheck
  host: string
  onAction: () => void
  onRetry: () => void
}) {
  const { error, user, capabilities, reachedInMs } = check
  return (
    <>
      <ul className={styles.result}>
        {reachedInMs !== null && (
          <li>
            <StateMark kind="verified">
              <span className={styles.step}>{messages.steps.reached(host, reachedInMs)}</span>
            </StateMark>
          </li>
        )}
        {user && (
          <li>
            <StateMark kind="verified">
              <span className={styles.step}>
                <span className="medium">{user.name}</span> {messages.steps.signedIn}
              </span>
            </StateMark>
          </li>
        )}
        {capabilities && (
          <>
            <li>
              {capabilities.multipart === 'unknown' ? (
                <StateMark kind="needs-you" wrap>
                  <span className={styles.step}>{messages.steps.writeNotTried}</span>
                </StateMark>
              ) : (
                <StateMark kind="verified" wrap>
                  <span className={styles.step}>{messages.steps.canWrite}</span>
                </StateMark>
              )}
            </li>
            <li>
              <StateMark kind="needs-you" wrap>
                <span className={styles.step}>{messages.steps.publishNotTried}</span>
              </StateMark>
            </li>
          </>
        )}
        {error && (
          <li>
            <ErrorNote
              error={error}
              tone="fail"
              onAction={error.code.startsWith('token-') || isAboutAddress(check) ? onAction : onRetry}
            />
          </li>
        )}
      </ul>
      {capabilities && (
        <div className={styles.can}>
          <h3>{messages.canDo}</h3>
          <Facts wide items={capabilityFacts(capabilities)} />
        </div>
      )}
    </>
  )
}

function Scopes() {
  return (
    <>
      {messages.createTokenHint}{' '}
      {messages.scopes.map((scope, index) => (
        <Fragment key={scope}>
          {index === 0 ? '' : index === messages.scopes.length - 1 ? ` ${messages.and} ` : ', '}
          <span className="mono">{scope}</span>
        </Fragment>
      ))}
      .
    </>
  )
}

function heading(preset: Props['preset']): string {
  return preset === 'other' ? messages.connectToOther : messages.connectTo(messages[nameOf(preset)].name)
}

function nameOf(preset: 'zenodo' | 'zenodo-sandbox'): 'zenodo' | 'sandbox' {
  return preset === 'zenodo' ? 'zenodo' : 'sandbox'
}

/** The host of an https address that is complete enough to be opened; null while it is being typed. */
function hostOf(address: string): string | null {
  const url = URL.parse(address.includes('://') ? address.trim() : `https://${address.trim()}`)
  return url?.protocol === 'https:' && url.host !== '' && address.trim() !== '' ? url.host : null
}

function isAboutAddress({ error }: AccountCheck): boolean {
  return (
    error !== null &&
    ['address-invalid', 'address-insecure', 'not-a-repository', 'redirected-elsewhere'].includes(error.code)
  )
}
