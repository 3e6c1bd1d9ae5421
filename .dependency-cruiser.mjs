/**
 * Which part may import which: the layout of services/ as rules. `npm run imports` asks for them; the tidy tests
 * look at what no import graph shows.
 */
const deployables = 'services/(ingest|detect|decide|deliver|desk|feedback|console)/'
const inputOutput =
  '^(node:)?(child_process|cluster|dgram|dns|fs|fs/promises|http|http2|https|inspector|net|readline|sqlite|tls|worker_threads)$'

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files which import each other cannot be understood, tested or moved one by one.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nothing imports and that imports nothing is left over.',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.d\\.ts$', '(^|/)(vitest\\.config\\.ts|knip\\.json)$', '^test/fixtures/'] },
      to: {},
    },
    {
      name: 'packages-declared',
      comment: 'An import of a package that package.json does not name works by luck.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'resolvable',
      comment: 'An import of a file that is not there.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-development-dependency-in-production',
      comment: 'The image holds production dependencies only.',
      severity: 'error',
      from: { path: '^(services|cli|bin)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-tests-in-production',
      comment: 'What runs at an operator knows nothing of tests or of this machine.',
      severity: 'error',
      from: { path: '^(services|cli|bin)/' },
      to: { path: '^(test|deploy)/.*\\.ts$' },
    },
    {
      name: 'deployables-apart',
      comment: 'Deployables meet on the log, never in code: what two of them need belongs to flow, domain or records.',
      severity: 'error',
      from: { path: `^${deployables}` },
      to: { path: `^${deployables}`, pathNot: '^services/$1/' },
    },
    {
      name: 'inner-parts-know-no-deployable',
      comment: 'flow, domain, records and rules serve every deployable and know none.',
      severity: 'error',
      from: { path: '^services/(flow|domain|records|rules)/' },
      to: { path: `^${deployables}` },
    },
    {
      name: 'domain-is-innermost',
      comment: 'The words of the domain depend on nothing of ours but the map.',
      severity: 'error',
      from: { path: '^services/domain/' },
      to: { path: '^services/(?!domain/|topology\\.ts$)' },
    },
    {
      name: 'rules-know-the-domain-only',
      comment: 'The rule language is usable without the runtime.',
      severity: 'error',
      from: { path: '^services/rules/' },
      to: { path: '^services/(?!rules/|domain/|topology\\.ts$)' },
    },
    {
      name: 'pure-parts-do-no-io',
      comment: 'domain and rules are handed what they need; reading files and sockets is done at the edge.',
      severity: 'error',
      from: { path: '^services/(domain|rules)/' },
      to: { dependencyTypes: ['core'], path: inputOutput },
    },
    {
      name: 'kafkajs-in-its-adapter',
      comment: 'One folder knows the client; all others know the port EventLog.',
      severity: 'error',
      from: { path: '^(services|cli)/', pathNot: '^services/flow/adapters/kafka/' },
      to: { path: '(^|/)node_modules/kafkajs/' },
    },
    {
      name: 'ioredis-in-its-adapter',
      comment: 'One folder knows the client; all others know the port StateStore.',
      severity: 'error',
      from: { path: '^(services|cli)/', pathNot: '^services/flow/adapters/redis/' },
      to: { path: '(^|/)node_modules/ioredis/' },
    },
    {
      name: 'sqlite-in-its-adapter',
      comment: 'The embedded adapter and the embedded registry hold files; nobody else does.',
      severity: 'error',
      from: {
        path: '^(services|cli)/',
        pathNot: '^services/(flow/adapters/embedded/|records/embedded-registry)',
      },
      to: { path: '^(node:)?sqlite$' },
    },
    {
      name: 'smpp-in-deliver',
      comment: 'Only deliver speaks to an SMSC.',
      severity: 'error',
      from: { path: '^(services|cli)/', pathNot: '^services/deliver/' },
      to: { path: '(^|/)node_modules/smpp/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(\\.run|\\.cache)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
