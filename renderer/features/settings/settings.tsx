import { Plus } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { SendingHours, Settings as Stored } from '../../../contract/desk/settings.ts'
import { navigate } from '../../app/view.ts'
import { errorOf } from '../../bridge/client.ts'
import { ErrorNote } from '../../components/banner.tsx'
import { Button } from '../../components/button.tsx'
import { Checkbox } from '../../components/choices.tsx'
import { spellKeys } from '../../components/keys.ts'
import { PageHead, Pane, Screen } from '../../components/layout.tsx'
import { Select } from '../../components/select.tsx'
import { FILES_AT_A_TIME, idOfSpeed, speedLimits, speedOfId, timesOfDay } from '../../components/transfer-choices.ts'
import { useAccounts, useCurrentAccount, useKeychain } from '../../queries/accounts.ts'
import { useAppInfo, useSaveSettings, useSettings } from '../../queries/settings.ts'
import { AccountCard } from './account-card.tsx'
import { messages } from './messages.ts'
import { RenewDialog } from './renew-dialog.tsx'
import styles from './settings.module.css'
import { SignOutDialog } from './sign-out-dialog.tsx'

const THEMES = (Object.keys(messages.themes) as Stored['theme'][]).map((id) => ({ id, label: messages.themes[id] }))

const NIGHT: SendingHours = { from: '22:00', to: '06:00' }

/** Theme, transfers and accounts. `renewToken`: the account whose token is asked for at once. */
export function Settings({ renewToken }: { renewToken: string | null }) {
  const settings = useSettings().data
  const { save, error } = useSaveSettings()
  const accounts = useAccounts().data ?? []
  const current = useCurrentAccount()
  const keychain = useKeychain().data
  const info = useAppInfo().data
  const [renewing, setRenewing] = useState<string | null>(renewToken)
  const [leaving, setLeaving] = useState<string | null>(null)

  return (
    <Screen>
      <PageHead title={messages.title} />
      <Pane>
        <div className={styles.page}>
          {error && <ErrorNote error={errorOf(error)} tone="fail" />}
          <Section title={messages.accounts}>
            {accounts.map((account) => (
              <AccountCard
                key={account.id}
                account={account}
                keychain={keychain ?? null}
                isCurrent={account.id === current?.id}
                onRenew={() => setRenewing(account.id)}
                onSignOut={() => setLeaving(account.id)}
              />
            ))}
            <div>
              <Button icon={Plus} onPress={() => navigate({ kind: 'connect' })}>
                {messages.add}
              </Button>
            </div>
          </Section>
          {settings && (
            <>
              <Section title={messages.transfers}>
                <div className={styles.field}>
                  <Select
                    label={messages.filesAtATime}
                    description={messages.filesAtATimeHint}
                    options={FILES_AT_A_TIME}
                    value={String(settings.filesAtATime)}
                    onChange={(value) => save({ ...settings, filesAtATime: Number(value) })}
                  />
                </div>
                <div className={styles.field}>
                  <Select
                    label={messages.speedLimit}
                    description={messages.speedLimitHint}
                    options={speedLimits(settings.bytesPerSecond)}
                    value={idOfSpeed(settings.bytesPerSecond)}
                    onChange={(value) => save({ ...settings, bytesPerSecond: speedOfId(value) })}
                  />
                </div>
                <Checkbox
                  isSelected={settings.sendingHours !== null}
                  onChange={(only) => save({ ...settings, sendingHours: only ? NIGHT : null })}
                >
                  {messages.sendingHours}
                </Checkbox>
                {settings.sendingHours && (
                  <SendingHoursFields
                    hours={settings.sendingHours}
                    onChange={(sendingHours) => save({ ...settings, sendingHours })}
                  />
                )}
                {/* Linux does not tell the application. */}
                {info && info.platform !== 'linux' && (
                  <Checkbox
                    isSelected={settings.pauseOnBattery}
                    onChange={(pauseOnBattery) => save({ ...settings, pauseOnBattery })}
                  >
                    {messages.pauseOnBattery}
                  </Checkbox>
                )}
              </Section>
              <Section title={messages.appearance}>
                <div className={styles.field}>
                  <Select
                    label={messages.theme}
                    description={messages.zoom(spellKeys('mod+Plus'), spellKeys('mod+Minus'))}
                    options={THEMES}
                    value={settings.theme}
                    onChange={(theme) => save({ ...settings, theme })}
                  />
                </div>
              </Section>
            </>
          )}
          <Section title={messages.about}>
            <p>
              {info && messages.version(info.version)}
              <span className={styles.privacy}>{messages.privacy}</span>
            </p>
          </Section>
        </div>
      </Pane>
      <RenewDialog account={accounts.find(({ id }) => id === renewing) ?? null} onClose={() => setRenewing(null)} />
      <SignOutDialog account={accounts.find(({ id }) => id === leaving) ?? null} onClose={() => setLeaving(null)} />
    </Screen>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={styles.section}>
      <h2 className={styles.sectionTitle}>{title}</h2>
      <div className={styles.sectionBody}>{children}</div>
    </section>
  )
}

function SendingHoursFields({ hours, onChange }: { hours: SendingHours; onChange: (hours: SendingHours) => void }) {
  const { from, to } = hours
  return (
    <div role="group" aria-label={messages.sendingHours} className={styles.hours}>
      <Select
        label={messages.from}
        options={timesOfDay(from).filter(({ id }) => id !== to)}
        value={from}
        onChange={(id) => onChange({ from: id, to })}
      />
      <Select
        label={messages.to}
        description={to < from ? messages.overnight : messages.sameDay}
        options={timesOfDay(to).filter(({ id }) => id !== from)}
        value={to}
        onChange={(id) => onChange({ from, to: id })}
      />
      <p className="small t3">{messages.sendingHoursHint}</p>
    </div>
  )
}
