// Who may know whom (docs/architecture.md). A rule that is broken fails the build.
const tests = '\\.test\\.tsx?$|/test-support/'
/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'contract-imports-zod-only',
      severity: 'error',
      from: { path: '^contract/', pathNot: tests },
      to: { pathNot: '^contract/|^node_modules/zod/' },
    },
    {
      name: 'core-is-pure',
      severity: 'error',
      from: { path: '^core/', pathNot: tests },
      to: { pathNot: '^(core|contract)/|^node_modules/zod/' },
    },
    {
      name: 'main-knows-no-window',
      severity: 'error',
      from: { path: '^main/', pathNot: tests },
      to: { path: '^(renderer|preload|cli|practice|e2e|tools)/' },
    },
    {
      name: 'preload-knows-the-contract',
      severity: 'error',
      from: { path: '^preload/' },
      to: { pathNot: '^contract/|^preload/|electron|^node_modules/zod/' },
    },
    {
      name: 'window-knows-core-and-contract',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^(main|preload|cli|practice|e2e|tools)/|^node:|^electron$' },
    },
    {
      name: 'features-stand-alone',
      severity: 'error',
      from: { path: '^renderer/features/([^/]+)/' },
      to: { path: '^renderer/features/', pathNot: '^renderer/features/$1/' },
    },
    {
      name: 'practice-knows-no-client',
      comment: 'A mistake in the client’s schemas must show, not be mirrored.',
      severity: 'error',
      from: { path: '^practice/' },
      to: { path: '^(contract|core|main|preload|renderer|cli|e2e|tools)/' },
    },
    { name: 'one-keychain', severity: 'error', from: { pathNot: '^main/accounts/keychain/' }, to: { path: 'keytar' } },
    {
      name: 'one-place-with-sql',
      severity: 'error',
      from: { path: '^(main|cli)/', pathNot: '^main/(store|transfers/journal)/|' + tests },
      to: { path: '^(node:)?sqlite$' },
    },
    {
      name: 'one-place-with-a-network',
      severity: 'error',
      from: { path: '^(main|cli)/', pathNot: '^main/repository/http/|' + tests },
      to: { path: '^(node:)?(http|https|net|tls)$|undici' },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        path: '^(contract|core|main|preload|renderer|cli|practice)/',
        pathNot: '\\.d\\.ts$|tsconfig\\.json$|' + tests,
      },
      to: {},
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^electron$|^node:' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|out|\\.cache)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
