import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { serverChoiceSchema } from '../contract/desk/account.ts'
import { metadataSchema } from '../contract/repository/record.ts'

/*
 * What the command line was asked to do and has not told the end of: written before anything else is done, so that `desk
 * resume` finishes it whenever the process was killed, also before the deposit was stored. Holds no token.
 */

export const orderSchema = z.object({
  id: z.uuid(),
  createdAt: z.number(),
  folder: z.string(),
  folderName: z.string(),
  server: serverChoiceSchema,
  /** What was given, without defaults. */
  metadata: metadataSchema,
  pack: z.enum(['auto', 'never', 'always']),
  compress: z.boolean().default(false),
  split: z.boolean().default(false),
  publish: z.boolean(),
  /** Null before the deposit is stored. */
  depositId: z.string().nullable(),
})
export type Order = z.infer<typeof orderSchema>

export type Orders = {
  add(order: Omit<Order, 'id' | 'createdAt' | 'depositId'>): Order
  save(order: Order): void
  remove(orderId: string): void
  /** Oldest first. */
  list(): Order[]
}

/** The orders under `home`, one file each. */
export function openOrders(home: string): Orders {
  const folder = join(home, 'orders')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const fileOf = (orderId: string) => join(folder, `${orderId}.json`)
  const save = (order: Order) => {
    // Renamed into place: a kill leaves the old or the new one, never half.
    const part = `${fileOf(order.id)}.part`
    writeFileSync(part, JSON.stringify(order), { mode: 0o600, flush: true })
    renameSync(part, fileOf(order.id))
  }
  return {
    save,
    add: (order) => {
      const added = { ...order, id: randomUUID(), createdAt: Date.now(), depositId: null }
      save(added)
      return added
    },
    remove: (orderId) => rmSync(fileOf(orderId), { force: true }),
    list: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .flatMap((name) => orderSchema.safeParse(tryJson(join(folder, name))).data ?? [])
        .sort((one, other) => one.createdAt - other.createdAt),
  }
}

function tryJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}
