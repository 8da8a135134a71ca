import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadText } from '#config/load.ts'
import { asArray, asObject, type JsonObject } from '#lib/json.ts'
import { assertKnownKeys, assertRestricted, assertValid, manifestsIn, podOf } from '../support/kubernetes-manifests.ts'

const chart = 'deploy/helm/outrigger'
// `go install` puts it there.
const helm = ['helm', join(homedir(), 'go/bin/helm')].find((command) => spawnSync(command, ['version']).status === 0)
const skip = helm === undefined ? 'helm is not installed here' : false

const folder = mkdtempSync(join(tmpdir(), 'outrigger-helm-'))
after(() => rmSync(folder, { recursive: true }))

function run(values: unknown): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const file = join(folder, 'values.json')
  writeFileSync(file, JSON.stringify(values))
  return spawnSync(helm ?? '', ['template', 'relay', chart, '--kube-version', '1.31.0', '-f', file], { encoding: 'utf8' })
}

function render(values: unknown): readonly JsonObject[] {
  const { status, stdout, stderr } = run(values)
  assert.equal(status, 0, stderr)
  return manifestsIn(stdout)
}

const app = {
  name: 'app',
  image: 'docker.io/library/app:1',
  env: [{ name: 'OPENAI_BASE_URL', value: 'http://localhost:7070/v1' }],
  resources: { limits: { memory: '64Mi' } },
  securityContext: {
    runAsUser: 65532,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
}
const shapes: Readonly<Record<string, { readonly values: JsonObject; readonly kinds: readonly string[] }>> = {
  'a gateway with all that it can have': {
    values: {
      gateway: {
        workers: 2,
        podMonitor: { enabled: true },
        networkPolicy: { egress: [{ to: [{ podSelector: { matchLabels: { app: 'redis' } } }], ports: [{ port: 6379 }] }] },
      },
      podAnnotations: { a: 'b' },
      nodeSelector: { 'kubernetes.io/arch': 'amd64' },
      tolerations: [{ key: 'k', operator: 'Exists' }],
      env: [{ name: 'OUTRIGGER_LOG_LEVEL', value: 'warn' }],
    },
    kinds: [
      'ConfigMap',
      'Deployment',
      'HorizontalPodAutoscaler',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'PodMonitor',
      'Service',
      'Service',
    ],
  },
  'a gateway with as little as can be': {
    values: {
      gateway: {
        replicas: 1,
        autoscaling: { enabled: false },
        disruptionBudget: { enabled: false },
        networkPolicy: { enabled: false },
      },
    },
    kinds: ['ConfigMap', 'Deployment', 'Service', 'Service'],
  },
  'a sidecar': {
    values: { mode: 'sidecar', sidecar: { containers: [app], volumes: [{ name: 'tmp', emptyDir: {} }] } },
    kinds: ['ConfigMap', 'Deployment'],
  },
}

test('helm finds nothing wrong with the chart', { skip }, () => {
  const { status, stdout } = spawnSync(helm ?? '', ['lint', '--strict', '--kube-version', '1.31.0', chart], { encoding: 'utf8' })
  assert.equal(status, 0, stdout)
})

for (const [name, { values, kinds }] of Object.entries(shapes)) {
  test(`helm: ${name} is what Kubernetes would take, under restricted pod security`, { skip }, () => {
    const manifests = render(values)
    assert.deepEqual(manifests.map(({ kind }) => String(kind)).sort(), kinds)
    assertValid(manifests)
    assertKnownKeys(manifests)
    manifests.filter(({ kind }) => kind === 'Deployment').forEach(assertRestricted)
    const routing = String(asObject(manifests.find(({ kind }) => kind === 'ConfigMap')?.['data'])['routing.yaml'])
    const loaded = loadText(routing, { path: 'routing.yaml', sources: { env: {}, readFile: (path) => `value of ${path}` } })
    assert.ok(loaded.ok, JSON.stringify(loaded))
  })
}

test('helm: beside an application only the application hears the relay, which starts before it and stops after it', {
  skip,
}, () => {
  const deployment = render(shapes['a sidecar']?.values).find(({ kind }) => kind === 'Deployment')
  const pod = podOf(deployment ?? {})
  const relay = asObject(asArray(pod['initContainers'])[0])
  assert.equal(relay['restartPolicy'], 'Always')
  const env = asArray(relay['env']).map(asObject)
  assert.equal(env.find(({ name }) => name === 'OUTRIGGER_LISTEN')?.['value'], '127.0.0.1:7070')
  // Longer than the relay's own drain, and the application's containers are as they were given.
  assert.equal(pod['terminationGracePeriodSeconds'], 60)
  assert.deepEqual(asArray(pod['containers']), [app])
})

for (const [name, values, problem] of [
  ['an unknown value', { drainSecond: 5 }, /drainSecond/],
  ['a mode that is none', { mode: 'both' }, /mode/],
  ['a sidecar of nothing', { mode: 'sidecar' }, /containers/],
  ['a port out of range', { gateway: { service: { port: 70000 } } }, /port/],
] as const) {
  test(`helm refuses ${name}`, { skip }, () => {
    const { status, stderr } = run(values)
    assert.notEqual(status, 0)
    assert.match(stderr, problem)
  })
}
