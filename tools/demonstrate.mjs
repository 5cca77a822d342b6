// The main job on a machine without a display: the real application on a virtual one, driven as a person would.
import { mkdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { startHeadless } from './headless.mjs'
import { launch } from './launch.mjs'
import * as job from './main-job.mjs'
import { root } from './runtime.mjs'

const FOLDER = join(root, 'out/start')
const SAMPLE = join(root, 'assets/sample-deposit')

/** Deposits the sample folder, says each step and the DOI. Throws where a step does not come to its end. @param {string} electron */
export async function demonstrate(electron) {
  console.log('There is no display: Deposit Desk runs on a virtual one and deposits the sample folder.')
  rmSync(FOLDER, { recursive: true, force: true })
  mkdirSync(FOLDER, { recursive: true })
  const place = await startHeadless()
  const app = await launch({
    electron,
    env: {
      ...place.env,
      DEPOSIT_DESK_HOME: process.env.DEPOSIT_DESK_HOME ?? join(FOLDER, 'profile'),
      DEPOSIT_DESK_TEST: '1',
    },
  })
  try {
    const page = await app.firstWindow()
    let number = 0
    /** @param {string} name @param {() => Promise<unknown>} work */
    const step = async (name, work) => {
      const startedAt = performance.now()
      await work()
      number += 1
      const picture = `${number}-${name.toLowerCase().replace(/[^a-z]+/g, '-')}.png`
      await page.screenshot({ path: join(FOLDER, picture) })
      console.log(`  ${number}. ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
    }
    let doi = ''
    await step('Window opened', () => page.getByRole('heading', { name: 'Where do you deposit?' }).waitFor())
    await step('Practice repository chosen', () => job.choosePractice(page))
    await step('Folder dropped and reviewed', async () => {
      await job.dropOnWindow(page, [SAMPLE])
      await job.waitForReview(page)
    })
    await step('Draft created, files on their way', () => job.createDraft(page))
    await step('Described', () => job.describe(page, job.SAMPLE_DESCRIPTION))
    await step(`${job.SAMPLE_FILES} files verified by their MD5`, () => job.waitUntilVerified(page, job.SAMPLE_FILES))
    await step('Publishing confirmed', () => job.openGuard(page))
    await step('Published', async () => {
      await job.confirmPublishing(page)
      doi = await job.readDoi(page)
    })
    console.log(`\nDOI ${doi} (of the practice repository: it leads nowhere)`)
    console.log(`Screenshots: ${relative(process.cwd(), FOLDER)}`)
  } finally {
    await app.close()
    place.stop()
  }
}
