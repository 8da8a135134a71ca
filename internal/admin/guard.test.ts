import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOwnHost } from './guard.ts'

const own: readonly (readonly [string, string | undefined])[] = [
  ['an address', '127.0.0.1:7071'],
  ['a pod’s address', '10.42.3.9:7071'],
  ['an IPv6 address', '[::1]:7071'],
  ['localhost', 'localhost:7071'],
  ['a name of a browser’s own', 'relay.localhost:7071'],
  ['a service of compose', 'outrigger:7071'],
  ['a service of Kubernetes', 'outrigger.gateway.svc:7071'],
  ['the same with its domain', 'outrigger.gateway.svc.cluster.local:7071'],
  ['the host of a container', 'host.docker.internal:7071'],
  ['a name of the routing file', 'Relay.Example.com'],
  ['the same with its root', 'relay.example.com.:80'],
  ['no host, as in HTTP/1.0', undefined],
]
for (const [name, host] of own)
  test(`guard: ${name} is answered`, () => assert.equal(isOwnHost(host, ['relay.EXAMPLE.com']), true))

const foreign: readonly (readonly [string, string])[] = [
  ['a name that anybody can register', 'attacker.example:7071'],
  ['one that only begins as ours', 'relay.example.com.attacker.example'],
  ['one that holds an address', '127.0.0.1.nip.io:7071'],
  ['one that only has a private end in it', 'x.internal.attacker.com'],
  ['nonsense', 'a b'],
]
for (const [name, host] of foreign)
  test(`guard: ${name} is refused`, () => assert.equal(isOwnHost(host, ['relay.example.com']), false))
