import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Loaded, loadFile, loadText } from './load.ts'
import { formatProblem } from './problem.ts'

const root = join(import.meta.dirname, '../..')

function problemsOf(text: string, strict = false): readonly string[] {
  const loaded = loadText(text, { path: 'f', strict, sources: { env: { SET: 'value' }, readFile: () => 'from file' } })
  return loaded.ok ? loaded.value.warnings.map(formatProblem) : loaded.error.map(formatProblem)
}

const head = 'version: 1\nproviders:\n  openai: { api_key: k }\n'
const models = 'models: { smart: { targets: [openai/gpt] } }\n'

const cases: readonly { name: string; text: string; strict?: boolean; problems: readonly (string | RegExp)[] }[] = [
  { name: 'a good file', text: head + models, problems: [] },
  {
    name: 'an unknown key',
    text: `${head}models: { smart: { tragets: [openai/gpt] } }`,
    problems: [/^f:4:11: models\.smart needs targets/, 'f:4:20: unknown key tragets (did you mean targets?)'],
  },
  {
    name: 'an entry with a mistake beside one of another form',
    text: `${head}models:\n  a: { targets: [{ target: openai/x, weight: -1 }] }\n  b: { targets: [openai] }`,
    problems: [
      /^f:5:46: models\.a\.targets\.0\.weight must be a number of at least 0, not -1/,
      /^f:6:18: models\.b\.targets\.0 must be provider\/model/,
    ],
  },
  {
    name: 'a number that is written as a text',
    text: `version: '1'\nproviders: { openai: { api_key: k } }\n${models}`,
    problems: [/^f:1:10: version must be 1, not a string/],
  },
  {
    name: 'a word that is none of the known',
    text: `${head}${models}log: { level: infos }`,
    problems: [/^f:5:15: log\.level must be one of trace, .*, not infos \(did you mean info\?\)$/],
  },
  {
    name: 'a duration without its unit',
    text: `${head}${models}timeouts: { idle: 20 }`,
    problems: [/^f:5:19: timeouts\.idle must be a duration such as 500ms, 30s, 5m or 1h, not 20/],
  },
  {
    name: 'a list that may not be empty',
    text: `${head}models: { smart: { targets: [] } }`,
    problems: [/^f:4:29: models\.smart\.targets must be a list of targets, not an empty list/],
  },
  {
    name: 'a target that lacks nothing',
    text: `${head}models: { smart: { targets: [{ target: openai/gpt, lacks: [] }] } }`,
    problems: [],
  },
  {
    name: 'a number that is text',
    text: `${head}${models}retry: { attempts: four }`,
    problems: [/^f:5:20: retry\.attempts must be a whole number from 1 to 20, not four/],
  },
  {
    name: 'a share above one',
    text: `${head}${models}retry: { budget: 2 }`,
    problems: [/^f:5:18: retry\.budget must be a share such as 5% or 0\.05, not 2/],
  },
  {
    name: 'an unknown provider in a target',
    text: `${head}models: { smart: { targets: [opnai/gpt] } }`,
    problems: ['f:4:30: opnai is no provider (did you mean openai?)'],
  },
  {
    name: 'an unknown provider type',
    text: 'version: 1\nproviders: { x: { type: opneai } }\nmodels: { m: { targets: [x/y] } }',
    problems: [/^f:2:25: opneai is no provider type \(did you mean openai\?\)$/],
  },
  {
    name: 'a provider without a base URL',
    text: `version: 1\nproviders: { x: { type: openai-compatible } }\nmodels: { m: { targets: [x/y] } }`,
    problems: ['f:2:17: openai-compatible needs base_url'],
  },
  {
    name: 'an unknown strategy',
    text: `${head}models: { smart: { strategy: fallbak, targets: [openai/gpt] } }`,
    problems: ['f:4:30: fallbak is no strategy (did you mean fallback?)'],
  },
  {
    name: 'a rule for a model that is none',
    text: `${head}${models}rules: [{ when: { tier: a }, use: smrt }]`,
    problems: ['f:5:35: smrt is no model (did you mean smart?)'],
  },
  {
    name: 'an address that is none',
    text: `${head}${models}listen: localhost`,
    problems: ['f:5:9: localhost must be host:port, :port or unix:/path'],
  },
  {
    name: 'a backoff that shrinks',
    text: `${head}${models}retry: { backoff: { base: 2s, max: 1s } }`,
    problems: ['f:5:36: the longest wait is shorter than the first'],
  },
  { name: 'no YAML', text: 'version: [1', problems: [/^f:1:\d+: not valid YAML: /] },
  { name: 'an empty file', text: '', problems: ['f:1:1: the file is empty'] },
  { name: 'a duplicate key', text: `${head}${models}models: {}`, problems: [/^f:5:1: not valid YAML: Map keys must be unique/] },
  {
    name: 'a secret that is not set is a warning',
    text: `version: 1\nproviders: { openai: { api_key: "\${NOT_SET}" } }\n${models}`,
    problems: ['f:2:33: the environment variable NOT_SET is not set'],
  },
  {
    name: 'secrets that are not set, each beside another mistake',
    text: `version: 1\nproviders: { openai: { api_key: "\${NOT_SET}", base_ur: x } }\n${models}clients: [{ name: web, key: "\${NONE}", rpm: many }]`,
    strict: true,
    problems: [
      'f:2:33: the environment variable NOT_SET is not set',
      /^f:2:47: unknown key base_ur/,
      'f:4:29: the environment variable NONE is not set',
      /^f:4:45: clients\.0\.rpm must be a whole number/,
    ],
  },
  {
    name: 'a secret that is set, one with a default, one from a file',
    text: `version: 1\nproviders: { openai: { api_keys: ["\${SET}", "\${NO:-x}", "\${file:/k}"] } }\n${models}`,
    problems: [],
  },
  {
    name: 'a semantic cache without a model that makes vectors',
    text: `version: 1\nproviders: { anthropic: { api_key: k } }\nmodels: { smart: { targets: [anthropic/claude] } }\ncache: { semantic: { model: smart } }`,
    problems: ['f:4:29: smart has no target that makes embeddings (targets: anthropic/claude)'],
  },
  {
    name: 'a semantic cache with a model that is none',
    text: `${head}${models}cache: { semantic: { model: smrt } }`,
    problems: ['f:5:29: smrt is no model (did you mean smart?)'],
  },
  {
    name: 'patterns that are none, and one that fits everywhere',
    text: `${head}${models}guardrails:\n  - redact: { patterns: [{ name: a, pattern: "(?<=x)y" }, { name: b, pattern: "z*" }, emial] }`,
    problems: [
      /^f:6:46: no regular expression: /,
      'f:6:79: z* fits an empty text: it would be found everywhere',
      /^f:6:87: guardrails\.0\.redact\.patterns\.2 must be one of email, .*, or a mapping with `name` and `pattern`, not emial/,
    ],
  },
  {
    name: 'a pattern with look-around, and one that fits an empty text',
    text: `${head}${models}guardrails:\n  - redact: { patterns: [{ name: a, pattern: "(?<=x)y" }, { name: b, pattern: "z*" }] }`,
    problems: [
      /^f:6:46: no regular expression: invalid named capture.*\(the syntax is that of RE2: no look-around, no back references\)$/,
      'f:6:79: z* fits an empty text: it would be found everywhere',
    ],
  },
  {
    name: 'two guardrails of one name, one that does nothing, and a client that is none',
    text: `${head}${models}guardrails: [{ name: a, max_request: 1kB }, { name: a, when: { client: x } }]`,
    problems: ['f:5:45: this guardrail does nothing', 'f:5:53: a second guardrail named a', 'f:5:72: x is no client'],
  },
  {
    name: 'usage that goes nowhere',
    text: `${head}${models}usage: {}`,
    problems: ['f:5:8: usage goes nowhere (give it `file` or `http`)'],
  },
  ...['redis://:ab/cd@h', 'redis://:p@ss/w#rd@h:6379', 'redis://h/name', 'redis://:100%@h', 'h:6379'].map((url) => ({
    name: `a URL of Redis that its client would not take: ${url}`,
    text: `${head}${models}state: { redis: "${url}" }`,
    problems: [/^f:5:17: state\.redis must be a URL that begins with redis:\/\/ or rediss:\/\/ \(as in redis:.*%2F/],
  })),
  {
    name: 'URLs of Redis that its client takes',
    text: `${head}${models}state: { redis: "redis://u:a%2Fb%25@h:6379/2, rediss://[::1]:1/", mode: cluster }`,
    problems: [],
  },
  {
    name: 'a wildcard target under a plain name',
    text: `${head}models: { smart: { targets: ["openai/*"] } }`,
    problems: ['f:4:30: a target with `*` needs a model name with `*`'],
  },
]

for (const { name, text, strict, problems } of cases) {
  test(`routing file: ${name}`, () => {
    const found = problemsOf(text, strict)
    assert.equal(found.length, problems.length, found.join('\n'))
    for (const [index, expected] of problems.entries()) {
      if (typeof expected === 'string') assert.equal(found[index], expected)
      else assert.match(found[index] ?? '', expected)
    }
  })
}

test('routing file: an unset secret is an error when strict', () => {
  const text = `version: 1\nproviders: { openai: { api_key: "\${NOT_SET}" } }\n${models}`
  assert.equal(loadText(text, { path: 'f', strict: true, sources: { env: {}, readFile: () => '' } }).ok, false)
})

test('routing file: defaults are filled in, units are read', () => {
  const loaded = loadText(`${head}${models}timeouts: { idle: 1.5s }\nlimits: { max_body: 2MiB }\nbreaker: { error_rate: 25% }`, {
    path: 'f',
  })
  assert.ok(loaded.ok)
  const { config } = loaded.value
  assert.equal(config.timeouts.idle, 1500)
  assert.equal(config.timeouts.total, 600_000)
  assert.equal(config.timeouts.first_token, 'auto')
  assert.equal(config.limits.max_body, 2 * 1024 * 1024)
  assert.equal(config.breaker.error_rate, 0.25)
  assert.equal(config.breaker.consecutive_errors, 3)
  assert.equal(config.retry.on_failure.context_length, 'larger')
  assert.equal(config.listen, '127.0.0.1:7070')
})

test('routing file: keys are never shown', () => {
  const loaded = loadText(head + models, { path: 'f' })
  assert.ok(loaded.ok)
  const [key] = loaded.value.config.providers.get('openai')?.keys ?? []
  assert.equal(key?.reveal(), 'k')
  assert.equal(String(key), '********')
  assert.equal(JSON.stringify({ key }), '{"key":"********"}')
})

for (const file of readdirSync(join(root, 'configs')).filter((name) => name.endsWith('.yaml'))) {
  test(`configs/${file} is good`, () => {
    const loaded = loadFile({
      path: join(root, 'configs', file),
      sources: { env: {}, readFile: (path) => readFileSync(path, 'utf8') },
    })
    assert.ok(loaded.ok, loaded.ok ? '' : loaded.error.map(formatProblem).join('\n'))
  })
}

test('what a provider or a model refines is whole, also where the block at the top is not there', () => {
  const loaded = loadText(
    `version: 1
providers: { p: { type: openai-compatible, base_url: "http://127.0.0.1:9", timeouts: { idle: 60s }, health: { probe: off } } }
models: { m: { targets: [p/a], retry: { attempts: 2 }, stream: { on_break: error } } }
`,
    { path: 'routing.yaml' },
  )
  assert.ok(loaded.ok)
  const { providers, models, timeouts, health, retry, stream } = loaded.value.config
  const provider = providers.get('p')
  assert.deepEqual(provider?.timeouts, { ...timeouts, idle: 60_000 })
  assert.deepEqual(provider?.health, { probe: 'off', interval: health.interval, timeout: health.timeout })
  assert.deepEqual(models[0]?.retry, { ...retry, attempts: 2 })
  assert.deepEqual(models[0]?.stream, { ...stream, on_break: 'error' })
})

test('load: what it was made of makes the same configuration again, whatever the files hold by then', () => {
  const text = `${head}models: { smart: { targets: ["openai/\${file:model}"] } }\nprices: { file: prices.yaml }\n`
  const files: Record<string, string> = { model: 'gpt', '/etc/prices.yaml': 'openai/*: { input: 1, output: 2 }' }
  const options = { path: '/etc/f.yaml', salt: 's', sources: { env: {}, readFile: (path: string) => files[path] ?? '' } }
  const first = loadText(text, options)
  assert.ok(first.ok, JSON.stringify(first))
  assert.deepEqual(first.value.texts, [['/etc/f.yaml', text], ...Object.entries(files)])
  files['model'] = 'other'
  files['/etc/prices.yaml'] = 'openai/*: { input: 3, output: 4 }'
  const changed = loadText(text, options)
  const again = loadFile({ ...options, texts: first.value.texts })
  assert.ok(changed.ok && again.ok)
  assert.equal(again.value.config.models[0]?.targets[0]?.id, 'openai/gpt')
  assert.deepEqual(again.value.texts, first.value.texts)
  const digests = [first, again, changed].map(({ value }) => value.config.filledDigest())
  assert.equal(digests[0], digests[1])
  assert.notEqual(digests[0], digests[2])
})

test('load: keys in files are not among what it was made of, and follow their files', () => {
  const text = 'version: 1\nproviders:\n  openai: { api_key: "${file:key}" }\nmodels: { smart: { targets: [openai/gpt] } }\n'
  const readFile = (path: string): string => (path === 'key' ? 'newer' : '')
  const loaded = loadFile({ path: 'f', sources: { env: {}, readFile }, texts: [['f', text]] })
  assert.ok(loaded.ok)
  assert.deepEqual(loaded.value.texts, [['f', text]])
  assert.equal(loaded.value.config.providers.get('openai')?.keys[0]?.reveal(), 'newer')
})

test('load: while nothing has changed that it was made of, what was loaded is given again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-'))
  const [path, model] = [join(folder, 'routing.yaml'), join(folder, 'model')]
  const write = (comment: string): void =>
    writeFileSync(path, `${head}models: { smart: { targets: ["openai/gpt\${file:${model}}"] } }\n# ${comment}\n`)
  write('one')
  const load = (before?: Loaded): Loaded => {
    const loaded = loadFile({ path, before })
    assert.ok(loaded.ok, JSON.stringify(loaded))
    return loaded.value
  }
  const first = load()
  assert.equal(load(first), first)
  writeFileSync(model, '-2')
  const second = load(first)
  assert.equal(second.config.models[0]?.targets[0]?.id, 'openai/gpt-2', 'a file that was missing is there')
  assert.equal(load(second), second)
  writeFileSync(model, '-3')
  const third = load(second)
  assert.equal(third.config.models[0]?.targets[0]?.id, 'openai/gpt-3')
  write('two')
  assert.notEqual(load(third), third)
  rmSync(folder, { recursive: true })
})

test('routing file: models that are only lists of targets stand where they stood, among others', () => {
  const loaded = loadText(
    `version: 1
providers: { openai: { api_key: k } }
models:
  plain: { targets: [openai/a, openai/b] }
  "wild-*": { targets: ["openai/*"] }
  more: { strategy: latency, targets: [openai/a, openai/b, openai/c], timeouts: { idle: 7s } }
  priced: { targets: [openai/a, { target: openai/b, weight: 3 }] }
  __proto__: { targets: [openai/z] }
`,
    { path: 'f' },
  )
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const { config } = loaded.value
  const seen = config.models.map(({ name, strategy, targets }) => [
    name,
    strategy,
    targets.map(({ id, weight }) => `${id} ${weight}`),
  ])
  assert.deepEqual(seen, [
    ['plain', 'fallback', ['openai/a 1', 'openai/b 1']],
    ['wild-*', 'fallback', ['openai/* 1']],
    ['more', 'latency', ['openai/a 1', 'openai/b 1', 'openai/c 1']],
    ['priced', 'fallback', ['openai/a 1', 'openai/b 3']],
    ['__proto__', 'fallback', ['openai/z 1']],
  ])
  assert.equal(config.models[2]?.timeouts?.idle, 7000)
})

test('routing file: what is wrong with one of many plain targets is told at its place', () => {
  const text = (targets: string): string =>
    `${head}models:\n  good: { targets: [openai/a, openai/b] }\n  bad: { targets: ${targets} }\n`
  assert.match(
    problemsOf(text('[openai/a, openai]'))[0] ?? '',
    /^f:6:30: models\.bad\.targets\.1 must be provider\/model, .* not openai/,
  )
  assert.match(problemsOf(text('[openai/a, 7]'))[0] ?? '', /^f:6:30: models\.bad\.targets\.1 must be provider\/model, .* not 7/)
  assert.deepEqual(problemsOf(text('[openai/a, opnai/b]')), ['f:6:30: opnai is no provider (did you mean openai?)'])
  assert.deepEqual(problemsOf(text('[openai/a, openai/a]')), ['f:6:30: openai/a stands here twice'])
  assert.deepEqual(problemsOf(text('[openai/a, "openai/*"]')), ['f:6:30: a target with `*` needs a model name with `*`'])
})

test('load: each of several processes needs a place', () => {
  const text = `${head}${models}limits: { max_concurrent: 3 }\n`
  const found = (processes: number): readonly string[] => {
    const loaded = loadText(text, { path: 'f', sources: { env: { SET: 'value' }, readFile: () => '' }, processes })
    return loaded.ok ? [] : loaded.error.map(formatProblem)
  }
  assert.deepEqual(found(3), [])
  assert.match(found(4).join('\n'), /^f:\d+:27: limits\.max_concurrent is 3, for 4 workers: each needs a place \(raise it/)
})
