import { defineConfig } from 'vitest/config'

/** Checks against a real InvenioRDM; tools/test-live.mjs runs them. One after another: they look at the same account. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.live.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 300_000,
  },
})
