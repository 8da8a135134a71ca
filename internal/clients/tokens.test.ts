import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import type { ClientConfig, IssuerConfig } from '#config/config.ts'
import { createTokens, type Tokens } from './tokens.ts'

const nowMs = Date.parse('2026-11-27T12:00:00Z')
const pairs = {
  one: await generateKeyPair('RS256', { extractable: true }),
  two: await generateKeyPair('ES256', { extractable: true }),
}
const published = {
  one: { ...(await exportJWK(pairs.one.publicKey)), kid: 'one' },
  two: { ...(await exportJWK(pairs.two.publicKey)), kid: 'two' },
}

const issuer: IssuerConfig = {
  name: 'corp',
  issuer: 'https://login.example.com',
  audience: ['outrigger'],
  jwks: 'https://login.example.com/jwks',
  algorithms: ['RS256', 'ES256'],
  clock_tolerance: 30_000,
  refresh: 600_000,
  client: 'sub',
  claims: { tier: 'plan', models: 'models', tags: { team: 'realm.team' } },
  grants: [
    { when: { plan: ['pro', 'max'] }, rpm: 600, models: ['sm*'] },
    { when: { roles: 'ops' }, client: 'realm.team', tags: { ops: 'true' } },
    { when: { plan: 'free' }, rpm: 10 },
  ],
}

const usual = { sub: 'alice', plan: 'pro', models: ['smart', 'large'], realm: { team: 'red' } }

type World = {
  readonly ask: (token: string) => Promise<ClientConfig | string>
  keys: readonly object[] | undefined
  nowMs: number
  readonly counts: { loads: number }
}

function world(issuers: readonly IssuerConfig[] = [issuer]): World {
  const counts = { loads: 0 }
  const made: World = {
    keys: [published.one],
    nowMs,
    counts,
    async ask(token) {
      const answer = await tokens.identify(issuers, token)
      if (answer === undefined) return 'no token'
      return answer.ok ? answer.value : answer.error.code
    },
  }
  const tokens: Tokens = createTokens({
    async load() {
      counts.loads++
      if (made.keys === undefined) throw new Error('the issuer is gone')
      return { keys: made.keys }
    },
    onFailure: () => {},
    nowMs: () => made.nowMs,
  })
  return made
}

type Options = { readonly key?: 'one' | 'two'; readonly claims?: JWTPayload; readonly kid?: string; readonly expS?: number }

function token({ key = 'one', claims = {}, kid = key, expS = 3600 }: Options = {}): Promise<string> {
  return new SignJWT({ ...usual, ...claims })
    .setProtectedHeader({ alg: key === 'one' ? 'RS256' : 'ES256', kid })
    .setIssuer(claims.iss ?? issuer.issuer)
    .setAudience(claims.aud ?? 'outrigger')
    .setExpirationTime(nowMs / 1000 + expS)
    .sign(pairs[key].privateKey)
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

test('a good token is a client of its own, with what its claims and the first grant that fits say', async () => {
  assert.deepEqual(await world().ask(await token()), {
    rpm: 600,
    name: 'corp:alice',
    group: 'corp',
    keys: [],
    tier: 'pro',
    tags: { team: 'red' },
    models: ['smart'],
  })
  const shared = await world().ask(await token({ claims: { plan: 'none', roles: ['dev', 'ops'] } }))
  assert.ok(typeof shared === 'object')
  assert.deepEqual([shared.name, shared.tags, shared.rpm], ['corp:red', { team: 'red', ops: 'true' }, undefined])
})

test('a claim of models that is missing allows none', async () => {
  const client = await world().ask(await token({ claims: { models: undefined, plan: 'free' } }))
  assert.ok(typeof client === 'object')
  assert.deepEqual(client.models, [])
})

const refused: readonly [string, Options, string][] = [
  ['that no grant fits', { claims: { plan: 'none' } }, 'token_not_allowed'],
  ['that names nobody', { claims: { sub: '' } }, 'token_not_allowed'],
  ['for somebody else', { claims: { aud: 'other' } }, 'invalid_token'],
  ['of another issuer', { claims: { iss: 'https://evil.example.com' } }, 'invalid_token'],
  ['that has expired', { expS: -31 }, 'token_expired'],
  ['that is not valid yet', { claims: { nbf: nowMs / 1000 + 31 } }, 'invalid_token'],
  ['with a key that the issuer has not', { key: 'two' }, 'invalid_token'],
  ['that names another key than it is signed with', { key: 'two', kid: 'one' }, 'invalid_token'],
]
for (const [name, options, code] of refused) {
  test(`a token ${name} is refused: ${code}`, async () => assert.equal(await world().ask(await token(options)), code))
}

test('clocks may differ by the tolerance', async () => {
  assert.equal(typeof (await world().ask(await token({ expS: -29 }))), 'object')
  assert.equal(typeof (await world().ask(await token({ claims: { nbf: nowMs / 1000 + 29 } }))), 'object')
})

test('without a signature, or with one that the public key made as a shared secret, nobody is let in', async () => {
  const claims = { ...usual, iss: issuer.issuer, aud: 'outrigger', exp: nowMs / 1000 + 60 }
  const it = world()
  for (const alg of ['none', 'None', 'HS256']) {
    const signed = `${encoded({ alg, kid: 'one' })}.${encoded(claims)}`
    const secret = await exportSPKI(pairs.one.publicKey)
    const signature = alg === 'HS256' ? createHmac('sha256', secret).update(signed).digest('base64url') : ''
    assert.equal(await it.ask(`${signed}.${signature}`), 'invalid_token', alg)
  }
  // A key that came with the token itself proves nothing.
  const own = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', jwk: await exportJWK(pairs.two.publicKey), jku: 'https://evil.example.com/jwks' })
    .sign(pairs.two.privateKey)
  assert.equal(await it.ask(own), 'invalid_token')
  const [head = '', , signature = ''] = (await token()).split('.')
  assert.equal(await it.ask(`${head}.${encoded({ ...claims, sub: 'root' })}.${signature}`), 'invalid_token')
  const forever = await new SignJWT({ ...usual })
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .setIssuer(issuer.issuer)
    .setAudience('outrigger')
    .sign(pairs.one.privateKey)
  assert.equal(await it.ask(forever), 'invalid_token')
})

test('a shared secret among the published keys is not used', async () => {
  const it = world()
  it.keys = [{ kty: 'oct', kid: 'one', alg: 'RS256', k: Buffer.from('0123456789abcdef').toString('base64url') }]
  assert.equal(await it.ask(await token()), 'token_keys_unavailable')
})

test('what is no token is left to the keys', async () => {
  const it = world()
  for (const key of ['sk-outrigger-abc', 'eyJhbGciOi', 'a.b.c', 'eyJ.eyJ']) assert.equal(await it.ask(key), 'no token')
  assert.equal(await it.ask('eyJhbGciOiJSUzI1NiJ9.e30x.c2ln'), 'invalid_token')
})

test('a token is verified once a minute, and no longer than it lives', async () => {
  const it = world()
  const short = await token({ expS: 10 })
  await it.ask(short)
  it.keys = []
  assert.equal(typeof (await it.ask(short)), 'object')
  it.nowMs += 39_000
  assert.equal(typeof (await it.ask(short)), 'object')
  it.nowMs += 2000
  assert.equal(await it.ask(short), 'token_expired')
  assert.equal(it.counts.loads, 1)
})

test('a new key of the issuer is looked for at once, but not with each token that names a key nobody has', async () => {
  const it = world()
  await it.ask(await token())
  it.nowMs += 31_000
  it.keys = [published.one, published.two]
  assert.equal(typeof (await it.ask(await token({ key: 'two' }))), 'object')
  assert.equal(it.counts.loads, 2)
  for (let count = 0; count < 20; count++) assert.equal(await it.ask(await token({ kid: `made-up-${count}` })), 'invalid_token')
  assert.equal(it.counts.loads, 2)
})

test('a new key of the issuer is found also when the keys are due anyway', async () => {
  const it = world()
  assert.equal(typeof (await it.ask(await token())), 'object')
  it.keys = [published.two]
  it.nowMs += issuer.refresh + 1
  assert.equal(typeof (await it.ask(await token({ key: 'two' }))), 'object')
  assert.equal(it.counts.loads, 2)
})

test('while the issuer is gone its last keys go on, and without any the answer says so', async () => {
  const it = world()
  await it.ask(await token())
  it.keys = undefined
  it.nowMs += 3_000_000
  assert.equal(typeof (await it.ask(await token({ claims: { jti: '2' } }))), 'object')
  const cold = world()
  cold.keys = undefined
  for (let count = 0; count < 20; count++) assert.equal(await cold.ask(await token()), 'token_keys_unavailable')
  assert.equal(cold.counts.loads, 1)
  cold.keys = [published.one]
  cold.nowMs += 6000
  assert.equal(typeof (await cold.ask(await token())), 'object')
})
