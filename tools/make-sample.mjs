// Writes assets/sample-deposit/data: invented temperatures of invented lakes, the same bytes on every run.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './runtime.mjs'

const LAKES = [
  { name: 'Adlerkar', altitude: 2140, depth: 18 },
  { name: 'Blausattel', altitude: 1985, depth: 31 },
  { name: 'Dreizinnen', altitude: 2310, depth: 9 },
  { name: 'Eisboden', altitude: 2455, depth: 14 },
  { name: 'Grünkar', altitude: 1720, depth: 22 },
  { name: 'Hochmoos', altitude: 1535, depth: 6 },
  { name: 'Lerchenalp', altitude: 1880, depth: 27 },
  { name: 'Murmelgrund', altitude: 2075, depth: 11 },
  { name: 'Steinbockjoch', altitude: 2390, depth: 16 },
  { name: 'Wollgras', altitude: 1610, depth: 8 },
]
const FIRST_DAY = Date.UTC(2024, 0, 1)
const DAYS = 366

const folder = join(root, 'assets/sample-deposit/data')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })

const stations = LAKES.map(({ name, altitude, depth }) => `${name},${altitude},${depth}`)
writeFileSync(join(folder, 'stations.csv'), ['lake,altitude_m,depth_m', ...stations, ''].join('\n'))

for (const [number, lake] of LAKES.entries()) {
  const noise = mulberry32(2024 + number)
  const rows = ['date,surface_c,at_5_m_c,bottom_c,ice_cm']
  let drift = 0
  let ice = 40 + (lake.altitude - 1500) / 40
  for (let day = 0; day < DAYS; day++) {
    drift = drift * 0.9 + (noise() - 0.5) * 1.4
    const season = Math.sin(((day - 118) / DAYS) * 2 * Math.PI)
    const air = 9 - (lake.altitude - 1500) / 160 + 10 * season + drift * 2
    ice = Math.max(0, Math.min(95, ice + (air < 0 ? 0.7 : -air * 0.35)))
    const surface = ice > 0 ? 0.1 + noise() * 0.4 : Math.max(0.6, air * 0.82 + 4)
    const middle = 4 + (surface - 4) * 0.62 + (noise() - 0.5) * 0.3
    const bottom = 4 + (surface - 4) * Math.max(0.05, 0.3 - lake.depth / 120) + (noise() - 0.5) * 0.2
    const date = new Date(FIRST_DAY + day * 86_400_000).toISOString().slice(0, 10)
    rows.push([date, surface.toFixed(2), middle.toFixed(2), bottom.toFixed(2), ice.toFixed(1)].join(','))
  }
  writeFileSync(join(folder, `${lake.name}.csv`), `${rows.join('\n')}\n`)
}

/** A small generator of numbers from 0 to 1 that gives the same row for the same seed. @param {number} seed */
function mulberry32(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
