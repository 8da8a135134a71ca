// Who may import whom: the table of docs/architecture.md, one entry per room. A room may always import itself.
const rooms = {
  lib: [],
  canonical: [],
  framing: ['canonical', 'lib'],
  strategy: ['canonical', 'lib'],
  dialect: ['canonical', 'framing', 'lib'],
  provider: ['canonical', 'dialect', 'lib'],
  config: ['provider', 'dialect', 'strategy', 'canonical', 'lib'],
  pricing: ['config', 'canonical', 'framing', 'lib'],
  upstream: ['config', 'canonical', 'framing', 'lib'],
  state: ['config', 'canonical', 'framing', 'lib'],
  health: ['config', 'state', 'canonical', 'lib', 'upstream', 'provider'],
  clients: ['config', 'state', 'canonical', 'lib'],
  cache: ['config', 'state', 'canonical', 'lib'],
  telemetry: ['config', 'state', 'canonical', 'lib'],
  usage: ['config', 'canonical', 'lib'],
  routing: ['strategy', 'pricing', 'provider', 'health', 'config', 'canonical', 'lib'],
  relay: ['routing', 'upstream', 'dialect', 'provider', 'health', 'config', 'canonical', 'framing', 'lib'],
  guardrails: ['routing', 'config', 'canonical', 'lib'],
  server: ['relay', 'routing', 'guardrails', 'dialect', 'clients', 'cache', 'health', 'config', 'telemetry', 'canonical', 'lib'],
  admin: ['relay', 'routing', 'usage', 'dialect', 'clients', 'cache', 'health', 'config', 'telemetry', 'canonical', 'lib'],
  replay: ['routing', 'health', 'canonical', 'lib'],
  convert: ['provider', 'canonical', 'lib'],
  mock: ['dialect', 'framing', 'canonical', 'lib'],
  drill: ['mock', 'relay', 'routing', 'health', 'pricing', 'upstream', 'dialect', 'framing', 'config', 'canonical', 'lib'],
}

const allowedRooms = Object.entries(rooms).map(([room, may]) => ({
  name: `${room}-imports`,
  severity: 'error',
  comment: `internal/${room} may import only: ${['itself', ...may].join(', ')}`,
  from: { path: `^internal/${room}/` },
  to: { path: `^internal/(?!${[room, ...may].join('/|')}/)` },
}))

/** A package that only the named places may import. */
const only = (name, packagePattern, places) => ({
  name,
  severity: 'error',
  comment: `only ${places.join(', ')} may import ${packagePattern}`,
  from: { path: '^(internal|cmd)/', pathNot: [...places.map((place) => `^${place}`), '\\.test\\.ts$'] },
  to: { path: `node_modules/(${packagePattern})/` },
})

module.exports = {
  forbidden: [
    ...allowedRooms,
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'no-upward', severity: 'error', from: { path: '^internal/' }, to: { path: '^cmd/' } },
    {
      name: 'dialects-apart',
      severity: 'error',
      comment: 'a dialect never imports another dialect; what they share lies in internal/dialect itself',
      from: { path: '^internal/dialect/([^/]+)/' },
      to: { path: '^internal/dialect/[^/]+/', pathNot: '^internal/dialect/$1/' },
    },
    {
      name: 'providers-apart',
      severity: 'error',
      from: { path: '^internal/provider/', pathNot: '(registry|provider)(\\.test)?\\.ts$' },
      to: { path: '^internal/provider/', pathNot: '^internal/provider/(provider\\.ts|auth/|shared/)' },
    },
    {
      name: 'config-sees-registries-only',
      severity: 'error',
      from: { path: '^internal/config/' },
      to: { path: '^internal/(provider|dialect|strategy)/', pathNot: '/(registry|provider|strategy|dialect)\\.ts$' },
    },
    only('undici-in-upstream', 'undici', ['internal/upstream/']),
    only('redis-in-state', 'redis|@redis', ['internal/state/redis']),
    only('observability-in-telemetry', 'pino|prom-client|@opentelemetry', ['internal/telemetry/']),
    {
      name: 'node-http-at-the-rim',
      severity: 'error',
      from: { path: '^internal/', pathNot: ['^internal/(server|admin|mock)/', '\\.test\\.ts$'] },
      to: { path: '^(node:)?https?$' },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['node', 'import', 'default', 'types'] },
  },
}
