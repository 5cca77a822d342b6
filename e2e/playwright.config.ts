import { defineConfig } from '@playwright/test'

export default defineConfig({
  projects: [
    { name: 'practice', testDir: 'journeys', testMatch: '*.journey.ts' },
    // Against a real InvenioRDM: `npm run test:live`.
    { name: 'live', testDir: 'live', testMatch: '*.journey.ts' },
  ],
  outputDir: '../out/e2e/artifacts',
  fullyParallel: true,
  workers: 2,
  // A journey that passes at the second try has found something.
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['./fixtures/summary.ts']],
})
