import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startPracticeServer } from '../server.ts'
import { exists, ON_PURPOSE } from './differences.ts'
import { readRecording, replay, type Outcome } from './replay.ts'

/** Of the cases whose operations exist here, those that must answer as the real server did. */
const LEAST_SHARE = 0.95

const nameOf = ({ exchange }: Outcome) => `${exchange.operation} · ${exchange.case}`

test.each(['records', 'communities'])(
  'answers the recorded requests of %s as the real server did',
  async (name) => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'practice-conformance-'))
    const server = await startPracticeServer({ dataFolder })
    try {
      const outcomes = await replay(readRecording(new URL(`${name}.json`, import.meta.url)), server, exists)
      const counted = outcomes.filter(({ verdict }) => verdict !== 'waits')
      const agreeing = counted.filter(({ verdict }) => verdict === 'agrees')
      const differing = counted.filter(({ verdict }) => verdict === 'differs')
      const onPurpose = differing.filter((outcome) => nameOf(outcome) in ON_PURPOSE)
      const report = [
        ...differing.map(
          (outcome) =>
            `  ${nameOf(outcome)}: ${ON_PURPOSE[nameOf(outcome)] ?? outcome.problems.slice(0, 3).join('; ')}`,
        ),
        `${name}: ${agreeing.length} of ${counted.length} cases agree (${((100 * agreeing.length) / counted.length).toFixed(1)} %), ` +
          `${onPurpose.length} differ on purpose, ${outcomes.length - counted.length} wait for operations to come`,
      ]
      process.stdout.write(`${report.join('\n')}\n`)
      expect(agreeing.length / counted.length).toBeGreaterThanOrEqual(LEAST_SHARE)
      expect(differing.map(nameOf).filter((name) => !(name in ON_PURPOSE))).toEqual([])
    } finally {
      await server.close()
      rmSync(dataFolder, { recursive: true, force: true })
    }
  },
  120_000,
)
