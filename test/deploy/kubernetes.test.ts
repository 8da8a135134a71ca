import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { loadText } from '#config/load.ts'
import { asArray, asObject, isObject, type JsonObject } from '#lib/json.ts'
import { assertKnownKeys, assertRestricted, assertValid, manifestsIn, podOf } from '../support/kubernetes-manifests.ts'

const kubectl = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' }).status === 0
const skip = kubectl ? false : 'kubectl, which renders kustomizations, is not installed here'

function render(folder: string): readonly JsonObject[] {
  const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', folder], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return manifestsIn(stdout)
}

for (const folder of ['deploy/kubernetes/example', 'deploy/kubernetes/gateway']) {
  test(`${folder} renders into manifests that Kubernetes would take`, { skip }, () => assertValid(render(folder)))

  test(`${folder} keeps to restricted pod security`, { skip }, () => {
    const deployments = render(folder).filter(({ kind }) => kind === 'Deployment')
    assert.equal(deployments.length, 1)
    deployments.forEach(assertRestricted)
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

test('no manifest has a key that Kubernetes does not know', { skip }, () =>
  assertKnownKeys(['deploy/kubernetes/example', 'deploy/kubernetes/gateway'].flatMap(render)),
)
