// Takes the pictures of the guide from the last e2e run: `node tools/guide.mjs`. Look at them before you commit them.
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './runtime.mjs'

/** Name in docs/guide to name in out/screenshots. */
const PICTURES = {
  'connect-light': 'connect-checked-light',
  'review-sheet-light': 'review-warnings-light',
  'review-packs-light': 'review-packs-light',
  'editor-light': 'editor-light',
  'transfers-light': 'transfers-limited-light',
  'transfers-details-light': 'transfers-details-light',
  'publish-light': 'publish-light',
  'published-light': 'published-light',
  'download-light': 'download-place-light',
  'deposits-dark': 'deposits-needs-you-dark',
}

for (const [name, source] of Object.entries(PICTURES)) {
  copyFileSync(join(root, 'out/screenshots', `${source}.png`), join(root, 'docs/guide', `${name}.png`))
}
