import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import * as prometheus from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import * as apps from 'kubernetes-models/apps/v1'
import * as autoscaling from 'kubernetes-models/autoscaling/v2'
import * as networking from 'kubernetes-models/networking.k8s.io/v1'
import * as policy from 'kubernetes-models/policy/v1'
import * as core from 'kubernetes-models/v1'
import { parseAllDocuments } from 'yaml'
import { loadText } from '#config/load.ts'
import { asArray, asObject, isObject, type JsonObject } from '#lib/json.ts'

const kubectl = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' }).status === 0
const skip = kubectl ? false : 'kubectl, which renders kustomizations, is not installed here'

/** Each kind with its validator, and where its type is imported from. */
const kinds: Readonly<Record<string, { readonly validate: (manifest: JsonObject) => void; readonly from: string }>> = {
  Namespace: { validate: (manifest) => new core.Namespace(manifest).validate(), from: 'kubernetes-models/v1' },
  ConfigMap: { validate: (manifest) => new core.ConfigMap(manifest).validate(), from: 'kubernetes-models/v1' },
  Service: { validate: (manifest) => new core.Service(manifest).validate(), from: 'kubernetes-models/v1' },
  Deployment: { validate: (manifest) => new apps.Deployment(required(manifest)).validate(), from: 'kubernetes-models/apps/v1' },
  HorizontalPodAutoscaler: {
    validate: (manifest) => new autoscaling.HorizontalPodAutoscaler(required(manifest)).validate(),
    from: 'kubernetes-models/autoscaling/v2',
  },
  PodDisruptionBudget: {
    validate: (manifest) => new policy.PodDisruptionBudget(manifest).validate(),
    from: 'kubernetes-models/policy/v1',
  },
  NetworkPolicy: {
    validate: (manifest) => new networking.NetworkPolicy(manifest).validate(),
    from: 'kubernetes-models/networking.k8s.io/v1',
  },
  PodMonitor: {
    validate: (manifest) => new prometheus.PodMonitor(required(manifest)).validate(),
    from: '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
  },
  PrometheusRule: {
    validate: (manifest) => new prometheus.PrometheusRule(required(manifest)).validate(),
    from: '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
  },
}

// biome-ignore lint/suspicious/noExplicitAny: what comes from YAML is checked by the validator that it is given to.
function required(manifest: JsonObject): any {
  return manifest
}

function render(folder: string): readonly JsonObject[] {
  const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', folder], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return parseAllDocuments(stdout).map((document): JsonObject => asObject(document.toJS()))
}

function podOf(manifest: JsonObject): JsonObject {
  return asObject(asObject(asObject(manifest['spec'])['template'])['spec'])
}

function containersOf(pod: JsonObject): readonly JsonObject[] {
  return [...asArray(pod['initContainers']), ...asArray(pod['containers'])].map(asObject)
}

for (const folder of ['deploy/kubernetes/example', 'deploy/kubernetes/gateway']) {
  test(`${folder} renders into manifests that Kubernetes would take`, { skip }, () => {
    for (const manifest of render(folder)) {
      const kind = kinds[String(manifest['kind'])]
      assert.ok(kind, `no validator for ${String(manifest['kind'])}`)
      kind.validate(manifest)
    }
  })

  test(`${folder} keeps to restricted pod security`, { skip }, () => {
    const deployments = render(folder).filter(({ kind }) => kind === 'Deployment')
    assert.equal(deployments.length, 1)
    for (const pod of deployments.map(podOf)) {
      for (const container of containersOf(pod)) {
        const context = { ...asObject(pod['securityContext']), ...asObject(container['securityContext']) }
        assert.equal(context['runAsNonRoot'], true)
        assert.equal(context['allowPrivilegeEscalation'], false)
        assert.equal(context['readOnlyRootFilesystem'], true)
        assert.deepEqual(asObject(context['capabilities'])['drop'], ['ALL'])
        assert.equal(asObject(context['seccompProfile'])['type'], 'RuntimeDefault')
        assert.ok(isObject(asObject(container['resources'])['limits']))
      }
    }
  })

  test(`${folder} has a routing file without problems`, { skip }, () => {
    const map = render(folder).find(({ kind }) => kind === 'ConfigMap')
    const text = String(asObject(map?.['data'])['routing.yaml'])
    const loaded = loadText(text, { path: 'routing.yaml', sources: { env: {}, readFile: (path) => `value of ${path}` } })
    assert.ok(loaded.ok, JSON.stringify(loaded))
    assert.deepEqual(loaded.value.warnings, [])
  })
}

test('the sidecar starts before the application, is probed on the pod’s address, and hears clients on localhost only', {
  skip,
}, () => {
  const [deployment] = render('deploy/kubernetes/example').filter(({ kind }) => kind === 'Deployment')
  const relay = asObject(asArray(podOf(deployment ?? {})['initContainers'])[0])
  assert.equal(relay['restartPolicy'], 'Always')
  assert.ok(isObject(relay['startupProbe']))
  const env = Object.fromEntries(
    asArray(relay['env'])
      .map(asObject)
      .map(({ name, value }) => [String(name), value]),
  )
  assert.deepEqual(env, { OUTRIGGER_LISTEN: '127.0.0.1:7070', OUTRIGGER_ADMIN: ':7071' })
  for (const mount of asArray(relay['volumeMounts']).map(asObject)) assert.equal(mount['subPath'], undefined)
})

test('no manifest has a key that Kubernetes does not know', { skip }, () => {
  const manifests = ['deploy/kubernetes/example', 'deploy/kubernetes/gateway'].flatMap(render)
  const lines = manifests.map((manifest, index) => {
    const kind = String(manifest['kind'])
    return `import type { I${kind} as I${index} } from '${kinds[kind]?.from ?? ''}'\nexport const m${index}: I${index} = ${JSON.stringify(manifest)}`
  })
  mkdirSync('coverage/manifests', { recursive: true })
  writeFileSync('coverage/manifests/rendered.ts', lines.join('\n'))
  const config = {
    extends: '../../tsconfig.json',
    compilerOptions: { noEmit: true, skipLibCheck: true, exactOptionalPropertyTypes: false },
    files: ['rendered.ts'],
    include: [],
  }
  writeFileSync('coverage/manifests/tsconfig.json', JSON.stringify(config))
  const { status, stdout } = spawnSync('node_modules/.bin/tsc', ['-p', 'coverage/manifests'], { encoding: 'utf8' })
  rmSync('coverage/manifests', { recursive: true })
  assert.equal(status, 0, stdout)
})
