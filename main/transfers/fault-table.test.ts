import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SELF = 'main/transfers/fault-table.test.ts'
const IDS = Array.from({ length: 42 }, (_, at) => `U${String(at + 1).padStart(2, '0')}`)

/** Files of tests by the fault that they name, as `docs/faults.md` lists them. */
function filesOfTests(): Map<string, string[]> {
  const found = new Map<string, string[]>()
  const tops = ['contract', 'core', 'main', 'renderer', 'cli', 'practice', 'e2e']
  for (const top of tops) {
    for (const name of readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' }).sort()) {
      const path = posix.join(top, name.replaceAll('\\', '/'))
      if (path === SELF || !/\.(test\.tsx?|journey\.ts|live\.ts)$/.test(path)) continue
      // What a comment says of a fault is no test of it.
      const code = readFileSync(join(ROOT, path), 'utf8').replaceAll(/^\s*(\/\/|\/?\*).*$/gm, '')
      for (const id of new Set(code.match(/\bU\d\d\b/g))) found.set(id, [...(found.get(id) ?? []), path])
    }
  }
  return found
}

test('docs/faults.md names every fault, and exactly the files whose tests carry its id', () => {
  const rows = readFileSync(join(ROOT, 'docs/faults.md'), 'utf8').matchAll(/^\| (U\d\d) +\|(.*)\|(.*)\|(.*)\|$/gm)
  const table = [...rows].map(([, id = '', fault = '', outcome = '', files = '']) => {
    expect([id, fault.trim(), outcome.trim()]).not.toContain('')
    return [id, [...files.matchAll(/`([^`]+)`/g)].map(([, file]) => file)] as const
  })
  const found = filesOfTests()
  expect(table).toEqual(IDS.map((id) => [id, found.get(id) ?? ['a test of it']]))
})
