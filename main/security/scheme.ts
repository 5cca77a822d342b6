import { readFile } from 'node:fs/promises'
import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import { protocol } from 'electron'
import { HEADERS, SCHEME, WINDOW_ORIGIN } from './policy.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

/** Before the application is ready: makes app:// a secure origin of its own, with code cache, without fetch and workers. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, codeCache: true } },
  ])
}

/**
 * Serves the built window. What can be asked for is a list made once from the folder; a path of a request is looked up in it
 * and never joined to a path on disk.
 */
export function serveWindow(folder: string): void {
  const files = listFiles(folder)
  protocol.handle(SCHEME, async (request) => {
    const file = request.method === 'GET' ? files.get(request.url.replace(/[?#].*$/, '')) : undefined
    if (!file) return new Response(null, { status: 404, headers: HEADERS })
    return new Response(await readFile(file.path), { headers: { ...HEADERS, 'Content-Type': file.type } })
  })
}

/** Address to file, for every file of a type that the window uses. */
export function listFiles(folder: string, address = WINDOW_ORIGIN): Map<string, { path: string; type: string }> {
  const files = new Map<string, { path: string; type: string }>()
  // Step by step: a recursive listing does not look into an asar archive.
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    const own = `${address}/${encodeURIComponent(entry.name)}`
    if (entry.isDirectory()) {
      for (const [below, file] of listFiles(path, own)) files.set(below, file)
    } else {
      const type = TYPES[extname(entry.name)]
      if (type) files.set(own, { path, type })
    }
  }
  return files
}
