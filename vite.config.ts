import { builtinModules } from 'node:module'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

/** What is not bundled: the runtime's own modules, and packages that ship a binary or load parts of themselves at run time. */
const external = ['electron', 'keytar', 'fastify', ...builtinModules, /^node:/]

/**
 * Three builds from one file (`vite build --app`):
 * - client: the window, served by the app:// scheme;
 * - node: one bundle a process (main, transfers, practice) and the command line;
 * - preload: one CommonJS file, which a sandboxed preload has to be.
 */
export default defineConfig({
  root: 'renderer',
  base: './',
  plugins: [react()],
  builder: {},
  environments: {
    client: {
      build: {
        outDir: '../dist/renderer',
        emptyOutDir: true,
        target: 'chrome146',
        assetsInlineLimit: 0,
        chunkSizeWarningLimit: 2000,
      },
    },
    node: {
      consumer: 'server',
      resolve: { noExternal: true, external: ['electron', 'keytar', 'fastify'] },
      build: {
        outDir: '../dist/node',
        emptyOutDir: true,
        target: 'node24',
        sourcemap: true,
        minify: false,
        rolldownOptions: {
          external,
          input: {
            main: 'main/index.ts',
            transfers: 'main/transfers/process.ts',
            'hash-worker': 'main/transfers/hash-worker.ts',
            practice: 'practice/index.ts',
            desk: 'cli/index.ts',
          },
          output: {
            format: 'es',
            // The thread is looked for beside the module that starts it, which is shared by two of the others.
            entryFileNames: ({ name }) => (name === 'hash-worker' ? 'shared/[name].js' : '[name].js'),
            chunkFileNames: 'shared/[name]-[hash].js',
          },
        },
      },
    },
    preload: {
      consumer: 'server',
      resolve: { noExternal: true, external: ['electron'] },
      build: {
        outDir: '../dist/preload',
        emptyOutDir: true,
        target: 'node24',
        minify: false,
        rolldownOptions: {
          external,
          input: { index: 'preload/index.ts' },
          output: { format: 'cjs', entryFileNames: '[name].cjs' },
        },
      },
    },
  },
  test: {
    root: '.',
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          root: '.',
          environment: 'node',
          include: ['{contract,core,main,cli,practice,tools}/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'window',
          root: '.',
          environment: 'jsdom',
          include: ['renderer/**/*.test.{ts,tsx}'],
          testTimeout: 20_000,
        },
      },
    ],
  },
})
