import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { after, before, test } from 'node:test'
import { listenLocally } from '../../../test/support/listen.ts'
import { createGoogleAuthenticator, readGoogleKey } from './google-token.ts'

let server: Server
let url = ''
let status = 200
let given = 0

before(async () => {
  server = createServer((_request, response) => {
    given++
    const token = { access_token: `token-${given}`, expires_in: 3600, token_type: 'Bearer' }
    const refusal = { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(status === 200 ? token : refusal))
  })
  url = `http://127.0.0.1:${await listenLocally(server)}`
})
after(() => {
  server.closeAllConnections()
  server.close()
})

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

const account = (tokenUri: string, key: string = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()): string =>
  JSON.stringify({ type: 'service_account', client_email: 'a@b', private_key: key, token_uri: tokenUri })

const request = { method: 'POST', url: new URL('https://host/x'), headers: {}, body: '{}' }

test('google: what a key is, its form tells', () => {
  assert.equal(readGoogleKey(undefined).kind, 'default')
  assert.equal(readGoogleKey('AIzaSy-key').kind, 'api_key')
  assert.equal(readGoogleKey('ya29.a0Af').kind, 'token')
  assert.equal(readGoogleKey(account('x')).kind, 'account')
  assert.deepEqual(readGoogleKey('{"type":'), { kind: 'broken', problem: 'the credentials are no JSON object' })
  assert.deepEqual(readGoogleKey('{"type":"authorized_user"}'), {
    kind: 'broken',
    problem: 'the credentials have no `client_id`',
  })
})

test('google: a token is fetched once, and again when it was refused', async () => {
  const authenticator = createGoogleAuthenticator()
  const key = account(`${url}/token`)
  const proof = async () => {
    const headers = await authenticator.headers(request, key)
    return headers.ok ? headers.value['authorization'] : headers.error.kind
  }
  const first = await proof()
  assert.match(first ?? '', /^Bearer token-\d+$/)
  assert.deepEqual(await Promise.all([proof(), proof()]), [first, first])
  authenticator.refused(key)
  assert.notEqual(await proof(), first)
})

test('google: who refuses is told from who cannot be reached, and no key from the message', async () => {
  const failureOf = async (key: string) => {
    const headers = await createGoogleAuthenticator().headers(request, key)
    assert.equal(headers.ok, false)
    assert.doesNotMatch(JSON.stringify(headers), /PRIVATE KEY|secret-part/)
    return headers.ok ? undefined : headers.error.kind
  }
  status = 400
  assert.equal(await failureOf(account(`${url}/token`)), 'auth')
  assert.equal(
    await failureOf(account(`${url}/token`, '-----BEGIN PRIVATE KEY-----\nsecret-part\n-----END PRIVATE KEY-----\n')),
    'auth',
  )
  assert.equal(await failureOf(account('http://127.0.0.1:1/token')), 'network')
  assert.equal(await failureOf('{"type":"service_account"}'), 'auth')
})
