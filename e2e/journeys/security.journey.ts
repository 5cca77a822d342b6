import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import type { WebFrameMain } from 'electron'
import { CALL_NAMES, EVENT_NAMES } from '../../contract/ipc-names.ts'
import { choosePractice, connectTo, createDraft, waitForReview, waitUntilVerified } from '../../tools/main-job.mjs'
import '../fixtures/ask.ts'
import { SAMPLE } from '../fixtures/data.ts'
import { expect, test } from '../fixtures/desk.ts'
import { root } from '../../tools/runtime.mjs'

test('the window has its calls and events, and nothing of Node', async ({ desk: { page } }) => {
  const seen = await page.evaluate(() => ({
    desk: Object.keys(window.desk).sort(),
    calls: Object.keys(window.desk.call).sort(),
    events: Object.keys(window.desk.on).sort(),
    node: ['require', 'process', 'module', 'Buffer', 'global', 'ipcRenderer', 'electron'].filter(
      (name) => name in window,
    ),
    origin: location.origin,
  }))
  expect(seen).toEqual({
    desk: ['call', 'dropped', 'on'],
    calls: CALL_NAMES.filter((name) => name !== 'folders.dropped').sort(),
    events: [...EVENT_NAMES].sort(),
    node: [],
    origin: 'app://desk',
  })
})

test('the bridge can’t be changed, and an event brings its payload alone', async ({ desk: { page } }) => {
  const heard = page.evaluate(
    () => new Promise((resolve) => window.desk.on['accounts.changed']((...given) => resolve(given))),
  )
  await choosePractice(page)
  expect(await heard).toEqual([{}])
  const changed = await page.evaluate(() => {
    const { desk } = window as unknown as { desk: { call: Record<string, unknown> } }
    try {
      desk.call['app.copy'] = () => 'mine'
      desk.call['anything'] = () => 'mine'
      Reflect.set(window, 'desk', {})
    } catch {
      // Refused with an error or in silence: both will do.
    }
    return {
      copy: String(desk.call['app.copy']).includes('mine'),
      more: 'anything' in window.desk.call,
      desk: 'call' in window.desk,
    }
  })
  expect(changed).toEqual({ copy: false, more: false, desk: true })
})

test('a file that a page made up has no path and is refused', async ({ desk: { page } }) => {
  const answer = await page.evaluate(() => window.desk.dropped([new File(['x'], '/etc/passwd')]))
  expect(answer).toMatchObject({ ok: false, error: { code: 'nothing-dropped' } })
  const text = await page.evaluate(() => {
    const call = window.desk.call as unknown as Record<string, (input: unknown) => Promise<unknown>>
    return call['folders.pick']?.({ what: '/etc' })
  })
  expect(text).toMatchObject({ ok: false, error: { code: 'input-refused' } })
})

type Answers = Record<string, { ok: boolean }>

test('neither another window nor a frame is answered', async ({ desk: { app, page } }) => {
  const elsewhere = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<iframe srcdoc="inner"></iframe>')
  }).listen(0, '127.0.0.1')
  await once(elsewhere, 'listening')
  const url = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`

  const answers = await app.evaluate(
    async ({ BrowserWindow }, { preload, pages }) => {
      const ask = `(async () => {
        const answers = {}
        for (const [name, call] of Object.entries(window.desk.call)) answers[name] = await call({})
        return answers
      })()`
      const all: Answers[] = []
      for (const [place, frames, partition] of pages) {
        const preferences = { preload, sandbox: true, contextIsolation: true, nodeIntegrationInSubFrames: true }
        // The limits of our own session would not even load a page from elsewhere.
        const other = new BrowserWindow({
          show: false,
          webPreferences: { ...preferences, ...(partition ? { partition } : {}) },
        })
        await other.loadURL(place)
        const withBridge = async () => {
          const found: WebFrameMain[] = []
          for (const frame of other.webContents.mainFrame.framesInSubtree) {
            if (await frame.executeJavaScript(`'desk' in window`)) found.push(frame)
          }
          return found
        }
        while ((await withBridge()).length < frames) await new Promise((resolve) => setTimeout(resolve, 20))
        for (const frame of await withBridge()) all.push((await frame.executeJavaScript(ask)) as Answers)
        other.destroy()
      }
      return all
    },
    {
      preload: join(root, 'dist/preload/index.cjs'),
      pages: [
        ['app://desk/index.html', 1, null],
        [url, 2, 'elsewhere'],
      ] as [string, number, string | null][],
    },
  )
  elsewhere.close()
  // A page of ours in a window that is not, a page from elsewhere, and a frame in that.
  expect(answers).toHaveLength(3)
  for (const answer of answers) {
    expect(Object.keys(answer).length).toBe(CALL_NAMES.length - 1)
    for (const one of Object.values(answer)) expect(one).toMatchObject({ ok: false, error: { code: 'input-refused' } })
  }
  // In the window itself a frame has no bridge, and the page goes on to have one.
  const inside = await page.evaluate(() => {
    const frame = document.body.appendChild(document.createElement('iframe'))
    return frame.contentWindow !== null && 'desk' in frame.contentWindow
  })
  expect(inside).toBe(false)
  expect(await page.evaluate(() => window.desk.call['app.settings']({}))).toMatchObject({ ok: true })
})

/** What a page could try, and the directive that must stop it. */
const VIOLATIONS: readonly [directive: string, attempt: string][] = [
  ['require-trusted-types-for', `document.createElement('script').src = 'https://example.org/x.js'`],
  ['require-trusted-types-for', `document.createElement('script').textContent = 'window.pwned = 1'`],
  ['require-trusted-types-for', `document.createElement('img').setAttribute('onerror', 'window.pwned = 1')`],
  ['require-trusted-types-for', `document.body.innerHTML = '<b>x</b>'`],
  ['require-trusted-types-for', `document.write('<b>x</b>')`],
  ['require-trusted-types-for', `new Worker('blob:app://desk/x')`],
  ['trusted-types', `trustedTypes.createPolicy('another', {})`],
  [
    'script-src-elem',
    `const link = document.createElement('link'); link.rel = 'modulepreload'; link.href = 'https://example.org/x.js'; document.head.append(link)`,
  ],
  [
    'style-src-elem',
    `const style = document.createElement('style'); style.textContent = 'body { display: none }'; document.head.append(style)`,
  ],
  [
    'style-src-elem',
    `const link = document.createElement('link'); link.rel = 'stylesheet'; link.href = 'https://example.org/x.css'; document.head.append(link)`,
  ],
  ['style-src-attr', `document.body.setAttribute('style', 'display: none')`],
  ['img-src', `new Image().src = 'https://example.org/x.png'`],
  ['font-src', `void new FontFace('x', 'url(https://example.org/x.woff2)').load().catch(() => null)`],
  ['connect-src', `void fetch('https://example.org/').catch(() => null)`],
  ['connect-src', `void fetch('app://desk/index.html').catch(() => null)`],
  ['connect-src', `new WebSocket('wss://example.org/')`],
  ['connect-src', `navigator.sendBeacon('https://example.org/', 'x')`],
  [
    'frame-src',
    `const frame = document.createElement('iframe'); frame.src = 'https://example.org/'; document.body.append(frame)`,
  ],
  ['require-trusted-types-for', `document.createElement('object').data = 'https://example.org/'`],
  ['media-src', `new Audio('https://example.org/x.mp3').load()`],
  [
    'base-uri',
    `const base = document.createElement('base'); base.href = 'https://example.org/'; document.head.append(base)`,
  ],
  [
    'form-action',
    `const form = document.createElement('form'); form.action = 'https://example.org/'; document.body.append(form); form.submit()`,
  ],
]

test('its policy stops whatever a page could try', async ({ launch }) => {
  const { page, complaints } = await launch()
  const missed: string[] = []
  for (const [directive, attempt] of VIOLATIONS) {
    // As a script of the page, not of the debugger, which may do more.
    const stopped = await page.evaluate(
      ([wanted, code]) =>
        new Promise<string>((resolve) => {
          const late = setTimeout(() => resolve('nothing'), 3000)
          const heard = (event: SecurityPolicyViolationEvent) => {
            if (event.effectiveDirective !== wanted) return
            document.removeEventListener('securitypolicyviolation', heard)
            clearTimeout(late)
            resolve(event.effectiveDirective)
          }
          document.addEventListener('securitypolicyviolation', heard)
          try {
            // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call, no-restricted-syntax -- the attempt itself
            new Function(code)()
          } catch {
            // What is refused at once is reported, too.
          }
        }),
      [directive, attempt] as const,
    )
    if (stopped !== directive) missed.push(`${directive}: ${attempt}`)
  }
  expect(missed).toEqual([])
  expect(await page.evaluate(() => 'pwned' in window)).toBe(false)
  complaints.length = 0
})

const PLACES = [
  'https://example.org/',
  'http://127.0.0.1:1/',
  'file:///etc/passwd',
  'data:text/html,<h1>x</h1>',
  'app://desk/',
  'app://desk/missing.html',
  'app://elsewhere/index.html',
  'javascript:document.title="pwned"',
  'blob:app://desk/1',
  'chrome://version/',
  'view-source:app://desk/index.html',
  'mailto:someone@example.org',
  'smb://host/share',
]

test('it can’t be led anywhere else, and opens no window', async ({ launch }) => {
  const { app, page, complaints } = await launch()
  const before = page.url()
  const title = await page.title()
  for (const place of PLACES) {
    await page.evaluate((url) => {
      const go = (leave: () => unknown) => {
        try {
          leave()
        } catch {
          // Refused at once.
        }
      }
      go(() => location.assign(url))
      go(() => window.open(url))
      go(() => window.open(url, '_self'))
      for (const target of ['_self', '_blank', '_top']) {
        const link = document.createElement('a')
        link.href = url
        link.target = target
        document.body.append(link)
        go(() => link.click())
        link.remove()
      }
    }, place)
  }
  expect(page.url()).toBe(before)
  for (const place of ['about:blank', 'about:srcdoc']) {
    await page.evaluate((url) => location.assign(url), place).catch(() => null)
    await expect(page.getByRole('heading', { name: 'Where do you deposit?' })).toBeVisible()
    expect(page.url()).toBe(before)
  }
  expect(await page.title()).toBe(title)
  expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
  complaints.length = 0
})

test('no permission is given', async ({ desk: { page } }) => {
  const denied = await page.evaluate(async () => {
    const states: Record<string, unknown> = {}
    const ask = async (name: string, work: () => Promise<unknown>) => {
      states[name] = await work().then(
        (value) => value,
        () => 'denied',
      )
    }
    await ask('notifications', () => Notification.requestPermission())
    await ask(
      'geolocation',
      () => new Promise((_, reject) => navigator.geolocation.getCurrentPosition(() => null, reject)),
    )
    await ask('camera', () => navigator.mediaDevices.getUserMedia({ video: true }))
    await ask('microphone', () => navigator.mediaDevices.getUserMedia({ audio: true }))
    await ask('screen', () => navigator.mediaDevices.getDisplayMedia())
    await ask('clipboard', () => navigator.clipboard.readText())
    await ask('midi', () => navigator.requestMIDIAccess())
    for (const name of ['camera', 'microphone', 'geolocation', 'notifications', 'clipboard-read', 'midi'] as const) {
      await ask(
        `query ${name}`,
        async () => (await navigator.permissions.query({ name: name as PermissionName })).state,
      )
    }
    return states
  })
  expect(new Set(Object.values(denied))).toEqual(new Set(['denied']))
})

test('the token is in the keychain and nowhere else', async ({ launch, home, server }) => {
  test.skip(process.platform !== 'linux', 'reads the processes of this system')
  const token = server.tokens.researcher
  const env = { DEPOSIT_DESK_KEYCHAIN: 'system' }
  const first = await launch({ env })
  await connectTo(first.page, server.url, token)
  await first.drop(SAMPLE)
  await waitForReview(first.page)
  await createDraft(first.page)
  await waitUntilVerified(first.page, 14)
  const pids = await first.app.evaluate(({ app }) => app.getAppMetrics().map(({ pid }) => pid))
  for (const pid of pids) {
    for (const file of ['cmdline', 'environ']) {
      expect(findForms(await readFile(`/proc/${pid}/${file}`), token), `${file} of a process`).toEqual([])
    }
  }
  expect(await first.app.evaluate(({ clipboard }) => clipboard.readText())).not.toContain(token)
  // A server that no longer takes it: what is noted of that must not hold it either.
  await server.stop()
  await first.stop()

  const second = await launch({ env })
  await second.page.getByRole('listbox', { name: 'Deposits' }).getByRole('option').first().waitFor()
  expect(findForms(Buffer.from(await heapOf(second.page)), token), 'the memory of the window').toEqual([])
  await second.stop()
  const found: string[] = []
  for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    found.push(...findForms(await readFile(path), token).map((form) => `${path.slice(home.length)}: ${form}`))
  }
  expect(found).toEqual([])
})

/** In which of the forms that programs write it a token stands in some bytes. */
function findForms(bytes: Buffer, token: string): string[] {
  const forms: Record<string, Buffer> = {
    'as it is': Buffer.from(token),
    'UTF-16': Buffer.from(token, 'utf16le'),
    base64: Buffer.from(Buffer.from(token).toString('base64').replace(/=+$/, '')),
    hex: Buffer.from(Buffer.from(token).toString('hex')),
  }
  return Object.entries(forms).flatMap(([name, form]) => (bytes.includes(form) ? [name] : []))
}

/** A snapshot of the window's memory, after what is no longer used was thrown away. */
async function heapOf(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page)
  const chunks: string[] = []
  session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => chunks.push(chunk))
  await session.send('HeapProfiler.collectGarbage')
  await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false, captureNumericValue: false })
  await session.detach()
  return chunks.join('')
}
