import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import OpenAI from 'openai'
import { type MockRelay, startMockRelay } from '../support/mock-relay.ts'

const folder = mkdtempSync(join(tmpdir(), 'outrigger-keys-'))
const keysFile = join(folder, 'clients.jsonl')
const pair = await generateKeyPair('ES256')
const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'first' }

let issuer: Server
const published: readonly object[] = [jwk]
let world: MockRelay

const line = (client: object): string => `${JSON.stringify(client)}\n`
const many = Array.from({ length: 5000 }, (_, at) => line({ name: `many-${at}`, key: `key-many-${at}`, rpm: 1000 })).join('')
const inAnHour = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z')

before(async () => {
  issuer = createServer((_, response) => response.end(JSON.stringify({ keys: published })))
  await new Promise<void>((resolve) => void issuer.listen(0, '127.0.0.1', resolve))
  const address = issuer.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  writeFileSync(keysFile, many)
  world = await startMockRelay(`models:
  smart: { targets: [anthropic/claude-opus-4-5] }
  fast: { targets: [openai/gpt-4.1] }
clients:
  - { name: web, keys: [key-new, { key: key-old, until: ${inAnHour} }, { key: key-over, until: 2020-01-01T00:00Z }] }
clients_file: ${keysFile}
jwt:
  - name: corp
    issuer: https://login.example.com
    audience: outrigger
    jwks: http://127.0.0.1:${port}/jwks
    claims: { models: models, tags: { team: team } }
    grants:
      - { when: { plan: pro }, rpm: 100 }
      - { when: { plan: free }, rpm: 1, client: team }
      - { when: { plan: trial }, rpm: 1, budget: { usd: 1, per: day } }
log: { level: info }
`)
})
after(async () => {
  await world?.close()
  issuer.close()
  rmSync(folder, { recursive: true })
})

const messages = [{ role: 'user', content: 'hi' }] as const

function ask(apiKey: string, model = 'smart'): Promise<OpenAI.ChatCompletion> {
  const client = new OpenAI({ baseURL: `${world.relay.url}/v1`, apiKey, maxRetries: 0 })
  return client.chat.completions.create({ model, messages: [...messages] })
}

function token(claims: object, kid = 'first', key = pair.privateKey): Promise<string> {
  return new SignJWT({ sub: 'alice', models: ['smart'], ...claims })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setIssuer('https://login.example.com')
    .setAudience('outrigger')
    .setExpirationTime('10m')
    .sign(key)
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await holds()) return
    await sleep(100)
  }
  assert.fail('it did not come to pass within ten seconds')
}

const works = (key: string): Promise<boolean> =>
  ask(key).then(
    () => true,
    () => false,
  )

test('rotation with overlap: the new key and the old one work, the old one until its day', async () => {
  await ask('key-new')
  await ask('key-old')
  await assert.rejects(ask('key-over'), /expired at 2020-01-01T00:00Z/)
})

test('a file with thousands of keys is read again when it changes; with a mistake in it the last good one stays', async () => {
  await ask('key-many-0')
  await ask('key-many-4999')
  assert.equal(await works('key-late'), false)
  writeFileSync(`${keysFile}.new`, many + line({ name: 'late', key: 'key-late' }))
  renameSync(`${keysFile}.new`, keysFile)
  await until(() => works('key-late'))
  appendFileSync(keysFile, '{"name":"half"')
  const refused = async (): Promise<boolean> =>
    /clients\.jsonl:5002:1: not valid JSON/.test(await (await fetch(`${world.relay.adminUrl}/status`)).text())
  await until(refused)
  assert.equal(await works('key-late'), true)
  writeFileSync(keysFile, many)
  await until(async () => !(await works('key-late')))
  assert.equal(await works('key-many-17'), true)
})

test('a token works in every place where an SDK puts its key', async () => {
  const apiKey = await token({ plan: 'pro' })
  await ask(apiKey)
  await new Anthropic({ baseURL: world.relay.url, apiKey, maxRetries: 0 }).messages.create({
    model: 'smart',
    max_tokens: 9,
    messages: [...messages],
  })
  await new Anthropic({ baseURL: world.relay.url, authToken: apiKey, apiKey: null, maxRetries: 0 }).messages.create({
    model: 'smart',
    max_tokens: 9,
    messages: [...messages],
  })
  await new GoogleGenAI({ apiKey, httpOptions: { baseUrl: world.relay.url } }).models.generateContent({
    model: 'smart',
    contents: 'hi',
  })
  await assert.rejects(ask(apiKey, 'fast'), OpenAI.PermissionDeniedError)
  const listed = await fetch(`${world.relay.url}/v1/models`, { headers: { authorization: `Bearer ${apiKey}` } })
  assert.match(await listed.text(), /"data":\[\{"id":"smart"/)
})

test('limits by claim: those of a team are shared, and counted in metrics under the issuer', async () => {
  await ask(await token({ plan: 'free', team: 'blue' }))
  await assert.rejects(ask(await token({ sub: 'bob', plan: 'free', team: 'blue' })), (error) => {
    assert.ok(error instanceof OpenAI.RateLimitError)
    assert.match(error.message, /client \\?"corp:blue\\?"/)
    return true
  })
  await ask(await token({ plan: 'free', team: 'green' }))
  const metrics = await (await fetch(`${world.relay.adminUrl}/metrics`)).text()
  assert.match(metrics, /outrigger_client_limited_total\{client="corp",limit="requests"\} 1/)
  assert.doesNotMatch(metrics, /alice|corp:/)
})

test('however many people come with tokens, metrics have no more series', async () => {
  const seriesOf = async (): Promise<readonly string[]> => {
    const text = await (await fetch(`${world.relay.adminUrl}/metrics`)).text()
    return text
      .split('\n')
      .filter((one) => one.startsWith('outrigger_'))
      .map((one) => one.slice(0, one.lastIndexOf(' ')))
  }
  // Each is let in once and refused once, so that every metric of theirs has been told.
  const visit = async (number: number): Promise<void> => {
    const key = await token({ sub: `visitor-${number}`, plan: 'trial', team: `team-${number}` })
    await ask(key)
    await assert.rejects(ask(key), OpenAI.RateLimitError)
  }
  await visit(0)
  const before = await seriesOf()
  for (let number = 1; number <= 40; number++) await visit(number)
  const after = await seriesOf()
  assert.deepEqual(
    after.filter((one) => !before.includes(one)),
    [],
  )
  assert.doesNotMatch(after.join('\n'), /visitor|team-/)
})

test('what is wrong with a token is told as an error of the key', async () => {
  await assert.rejects(ask(await token({ plan: 'none' })), OpenAI.PermissionDeniedError)
  const stranger = await generateKeyPair('ES256')
  await assert.rejects(ask(await token({ plan: 'pro' }, 'first', stranger.privateKey)), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError)
    assert.equal(error.code, 'invalid_token')
    return true
  })
  await assert.rejects(ask('key-nobody'), OpenAI.AuthenticationError)
})

test('neither keys nor tokens are in the log', async () => {
  await world.relay.logged(/"client":"corp:alice"/)
  assert.doesNotMatch(world.relay.log(), /key-new|key-old|key-many-\d|eyJ/)
})
