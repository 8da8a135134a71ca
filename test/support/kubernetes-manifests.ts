import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import * as prometheus from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import * as apps from 'kubernetes-models/apps/v1'
import * as autoscaling from 'kubernetes-models/autoscaling/v2'
import * as networking from 'kubernetes-models/networking.k8s.io/v1'
import * as policy from 'kubernetes-models/policy/v1'
import * as core from 'kubernetes-models/v1'
import { parseAllDocuments } from 'yaml'
import { asArray, asObject, isObject, type JsonObject } from '#lib/json.ts'

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

/** The documents of rendered YAML; empty ones are left out. */
export function manifestsIn(yaml: string): readonly JsonObject[] {
  return parseAllDocuments(yaml)
    .map((document): unknown => document.toJS())
    .filter(isObject)
}

/** Each manifest is as its kind's schema says. */
export function assertValid(manifests: readonly JsonObject[]): void {
  for (const manifest of manifests) {
    const kind = kinds[String(manifest['kind'])]
    assert.ok(kind, `no validator for ${String(manifest['kind'])}`)
    kind.validate(manifest)
  }
}

/** The schemas take unknown keys; the types do not. */
export function assertKnownKeys(manifests: readonly JsonObject[]): void {
  const lines = manifests.map((manifest, index) => {
    const kind = String(manifest['kind'])
    return `import type { I${kind} as I${index} } from '${kinds[kind]?.from ?? ''}'\nexport const m${index}: I${index} = ${JSON.stringify(manifest)}`
  })
  const folder = `coverage/manifests-${process.pid}`
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/rendered.ts`, lines.join('\n'))
  const config = {
    extends: '../../tsconfig.json',
    compilerOptions: { noEmit: true, skipLibCheck: true, exactOptionalPropertyTypes: false },
    files: ['rendered.ts'],
    include: [],
  }
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(config))
  const { status, stdout } = spawnSync('node_modules/.bin/tsc', ['-p', folder], { encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  assert.equal(status, 0, stdout)
}

export function podOf(manifest: JsonObject): JsonObject {
  return asObject(asObject(asObject(manifest['spec'])['template'])['spec'])
}

/** Keeps to the restricted Pod Security Standard, with limits. */
export function assertRestricted(deployment: JsonObject): void {
  const pod = podOf(deployment)
  for (const container of [...asArray(pod['initContainers']), ...asArray(pod['containers'])].map(asObject)) {
    const context = { ...asObject(pod['securityContext']), ...asObject(container['securityContext']) }
    assert.equal(context['runAsNonRoot'], true)
    assert.equal(context['allowPrivilegeEscalation'], false)
    assert.equal(context['readOnlyRootFilesystem'], true)
    assert.deepEqual(asObject(context['capabilities'])['drop'], ['ALL'])
    assert.equal(asObject(context['seccompProfile'])['type'], 'RuntimeDefault')
    assert.ok(isObject(asObject(container['resources'])['limits']))
  }
}
