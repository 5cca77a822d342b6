import { readDoi, SAMPLE_DESCRIPTION, SAMPLE_FILES, waitForReview, waitUntilVerified } from '../../tools/main-job.mjs'
import { SAMPLE } from '../fixtures/data.ts'
import { expect, test } from '../fixtures/desk.ts'
import { tabTo } from '../fixtures/keyboard.ts'

test('the main job, from the first start to the copied DOI, without a mouse', async ({ desk: { app, page } }) => {
  const { keyboard } = page
  const press = async (name: string) => {
    await tabTo(page, page.getByRole('button', { name, exact: true }))
    await keyboard.press('Enter')
  }
  const write = async (name: string | RegExp, text: string) => {
    await tabTo(page, page.getByRole('textbox', { name }))
    await keyboard.type(text)
  }
  await app.evaluate(({ dialog }, folder) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [folder] })
  }, SAMPLE)

  await press('Use the practice repository')
  await page.getByRole('heading', { name: 'Deposits', exact: true }).waitFor()
  await keyboard.press('Control+o')
  await waitForReview(page)
  await press('Create draft and upload')

  await write('Title', SAMPLE_DESCRIPTION.title)
  await tabTo(page, page.getByRole('button', { name: /Resource type/ }))
  await keyboard.press('Enter')
  await page.getByRole('option', { name: 'Dataset', exact: true }).waitFor()
  await keyboard.type('Dataset')
  await keyboard.press('Enter')
  await press('Add person')
  // The look-up comes first, with its list open.
  await page.getByRole('combobox', { name: /^Look up/ }).waitFor()
  await keyboard.press('Escape')
  await write('Family name', SAMPLE_DESCRIPTION.familyName)
  await write('Given name', SAMPLE_DESCRIPTION.givenName)
  await press('Done')
  await write('Description', SAMPLE_DESCRIPTION.description)
  await tabTo(page, page.getByRole('combobox', { name: 'Licence' }))
  await keyboard.type('Creative Commons Zero')
  await page.getByRole('option').first().waitFor()
  await keyboard.press('ArrowDown')
  await keyboard.press('Enter')
  await write('Add keywords', 'lake temperature')
  await keyboard.press('Enter')
  await waitUntilVerified(page, SAMPLE_FILES)

  await press('Publish…')
  await write(/^Type .* to confirm$/, 'publish')
  await keyboard.press('Enter')
  const doi = await readDoi(page)
  await press('Copy DOI')
  await expect.poll(() => app.evaluate(({ clipboard }) => clipboard.readText())).toBe(doi)
})

test('every screen is reached by its shortcut, and the palette finds what has none', async ({ desk: { page } }) => {
  await page.getByRole('button', { name: 'Use the practice repository' }).press('Enter')
  const heading = (name: string) => page.getByRole('heading', { name, exact: true })
  await heading('Deposits').waitFor()
  for (const [keys, name] of [
    ['Control+2', 'Transfers'],
    ['Control+,', 'Settings'],
    ['Control+1', 'Deposits'],
  ] as const) {
    await page.keyboard.press(keys)
    await expect(heading(name)).toBeVisible()
  }
  await page.keyboard.press('Control+k')
  await page.keyboard.type('add an acc')
  await expect(page.getByRole('menuitem')).toHaveCount(1)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(heading('Where do you deposit?')).toBeVisible()
})
