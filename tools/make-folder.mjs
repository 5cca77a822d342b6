// Makes a folder of test data: `node tools/run.mjs tools/make-folder.mjs DIR [--files 60] [--bytes 1200000000] [--seed 1]`.
// The same arguments give the same bytes. Names are in several scripts; a few files are large, some lie in subfolders.
import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'

const NAMES = [
  'Säckingen Messreihe.csv',
  'données été 2025.csv',
  'данные полевых работ.csv',
  '土壌水分.csv',
  '실험 결과.csv',
  'قياسات.csv',
  'μετρήσεις.csv',
  'מדידות.csv',
  'ข้อมูล.csv',
  'emoji 🌱 plot.csv',
  '100% # sure?.txt',
  "d'été & co; a+b=c.txt",
]

/**
 * @param {string} folder @param {{ files?: number, bytes?: number, seed?: number }} [options]
 * @returns {{ path: string, bytes: number, md5: string }[]} what was written, with `/` in paths
 */
export function makeFolder(folder, { files = 60, bytes = 1_200_000_000, seed = 1 } = {}) {
  const random = generator(seed)
  const weights = Array.from({ length: files }, (_, at) => (at % 10 === 0 ? 20 : 1) * (0.2 + random()))
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight, at) => {
    const name = NAMES[at % NAMES.length] ?? 'file'
    const path = at < NAMES.length ? name : `${at % 3 === 0 ? 'raw/' : at % 3 === 1 ? 'hourly/' : ''}${at} ${name}`
    const length = Math.round((bytes * weight) / all)
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    return { path, bytes: length, md5: writeRandom(join(folder, path), length, seed * 100_003 + at) }
  })
}

/** @param {string} path @param {number} length @param {number} seed */
function writeRandom(path, length, seed) {
  const random = generator(seed)
  const words = new Uint32Array(Math.min(1 << 18, Math.ceil(length / 4)))
  for (let at = 0; at < words.length; at++) words[at] = random() * 0x1_0000_0000
  const block = Buffer.from(words.buffer)
  const hash = createHash('md5')
  const file = openSync(path, 'w')
  for (let done = 0, number = 0; done < length; number++) {
    block.writeUInt32LE(number, 0)
    const part = block.subarray(0, Math.min(block.length, length - done))
    writeSync(file, part)
    hash.update(part)
    done += part.length
  }
  closeSync(file)
  return hash.digest('hex')
}

/** mulberry32: small, seeded, good enough for test data. @param {number} seed */
export function generator(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

if (import.meta.filename === process.argv[1]) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { files: { type: 'string' }, bytes: { type: 'string' }, seed: { type: 'string' } },
  })
  const written = makeFolder(positionals[0] ?? 'test-folder', {
    files: Number(values.files ?? 60),
    bytes: Number(values.bytes ?? 1_200_000_000),
    seed: Number(values.seed ?? 1),
  })
  console.log(`${written.length} files, ${written.reduce((sum, file) => sum + file.bytes, 0)} bytes`)
}
