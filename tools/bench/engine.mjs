// The transfer engine in a process of its own: the bundle that the utility process runs, with this process's channel in
// place of Electron's port.
const [bundle = ''] = process.argv.slice(2)

const parentPort = {
  on: (/** @type {string} */ name, /** @type {(event: { data: unknown }) => void} */ listener) =>
    process.on(name, (data) => listener({ data })),
  postMessage: (/** @type {unknown} */ message) => process.send?.(message),
}
Object.assign(process, { parentPort })
process.on('disconnect', () => process.exit(0))
await import(bundle)
process.send?.({ kind: 'ready' })
