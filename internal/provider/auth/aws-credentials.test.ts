import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { listenLocally } from '../../../test/support/listen.ts'
import { type Environment, findAwsKeys } from './aws-credentials.ts'
import { createAwsAuthenticator } from './aws-signature.ts'

const folder = mkdtempSync(join(tmpdir(), 'aws-'))
const inAnHour = Date.now() + 3_600_000
let server: Server
let url = ''
let asked = 0

before(async () => {
  server = createServer((request, response) => {
    asked++
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      const { status, text } = answer(request, body)
      response.writeHead(status).end(text)
    })
  })
  url = `http://127.0.0.1:${await listenLocally(server)}`
  writeFileSync(join(folder, 'token'), 'identity-token\n')
  writeFileSync(
    join(folder, 'credentials'),
    '[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key=s1\n\n[profile other]\naws_access_key_id=AKIAOTHER\naws_secret_access_key=s2\naws_session_token=t2\n',
  )
})
after(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

const temporary = (id: string) => ({
  AccessKeyId: id,
  SecretAccessKey: 's',
  Token: 't',
  Expiration: new Date(inAnHour).toISOString(),
})

/** STS, the container's agent and the instance's metadata server. */
function answer({ method, url: path = '', headers }: IncomingMessage, body: string): { status: number; text: string } {
  if (path === '/sts') {
    const query = new URLSearchParams(body)
    if (query.get('WebIdentityToken') !== 'identity-token') return { status: 400, text: 'InvalidIdentityToken' }
    const Credentials = { AccessKeyId: 'AKIAROLE', SecretAccessKey: 's', SessionToken: 't', Expiration: inAnHour / 1000 }
    const result = { AssumeRoleWithWebIdentityResponse: { AssumeRoleWithWebIdentityResult: { Credentials } } }
    return { status: 200, text: JSON.stringify(result) }
  }
  if (path === '/container') {
    if (headers.authorization !== 'identity-token') return { status: 401, text: 'who are you?' }
    return { status: 200, text: JSON.stringify(temporary('AKIACONTAINER')) }
  }
  if (path === '/broken') return { status: 500, text: '' }
  if (path === '/latest/api/token') return { status: method === 'PUT' ? 200 : 405, text: 'imds-token' }
  if (headers['x-aws-ec2-metadata-token'] !== 'imds-token') return { status: 401, text: '' }
  const roles = '/latest/meta-data/iam/security-credentials/'
  if (path === roles) return { status: 200, text: 'my-role' }
  return path === `${roles}my-role` ? { status: 200, text: JSON.stringify(temporary('AKIAINSTANCE')) } : { status: 404, text: '' }
}

const nowhere: Environment = { HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' }

async function idFrom(env: Environment): Promise<string> {
  const found = await findAwsKeys('eu-central-1', { ...nowhere, ...env })
  return found.ok ? found.value.value.accessKeyId : found.error.kind
}

test('aws credentials: the environment comes first', async () => {
  const env = {
    AWS_ACCESS_KEY_ID: 'AKIAENV',
    AWS_SECRET_ACCESS_KEY: 's',
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
  }
  assert.equal(await idFrom(env), 'AKIAENV')
  assert.equal(await idFrom({ ...env, AWS_SECRET_ACCESS_KEY: '' }), 'AKIADEFAULT')
})

test('aws credentials: a profile of the shared file', async () => {
  const env = { AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'), AWS_PROFILE: 'other' }
  const found = await findAwsKeys('eu-central-1', { ...nowhere, ...env })
  assert.deepEqual(found.ok && found.value.value, { accessKeyId: 'AKIAOTHER', secretAccessKey: 's2', sessionToken: 't2' })
})

test('aws credentials: the role of a web identity', async () => {
  const env = { AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'token'), AWS_ROLE_ARN: 'arn:x', AWS_ENDPOINT_URL_STS: `${url}/sts` }
  const found = await findAwsKeys('eu-central-1', { ...nowhere, ...env })
  assert.equal(found.ok && found.value.value.accessKeyId, 'AKIAROLE')
  assert.equal(found.ok && Math.round(found.value.expiresAtMs), inAnHour)
  assert.equal(await idFrom({ ...env, AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'none') }), 'auth')
  assert.equal(await idFrom({ ...env, AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'credentials') }), 'auth')
})

test('aws credentials: a container’s agent, asked with its token', async () => {
  const env = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/container`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(folder, 'token'),
  }
  assert.equal(await idFrom(env), 'AKIACONTAINER')
  assert.equal(await idFrom({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/container` }), 'auth')
})

test('aws credentials: an instance’s role, by tokens only', async () => {
  const env = { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: url }
  assert.equal(await idFrom(env), 'AKIAINSTANCE')
})

test('aws credentials: nobody there is no reason to rest the key, no credentials at all are', async () => {
  assert.equal(await idFrom({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/broken` }), 'network')
  assert.equal(await idFrom({ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/x' }), 'network')
  assert.equal(await idFrom({}), 'auth')
})

test('aws requests: temporary keys are fetched once, and again when they were refused', async () => {
  const env = {
    ...nowhere,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/container`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(folder, 'token'),
  }
  const authenticator = createAwsAuthenticator('bedrock', { region: 'eu-central-1' }, env)
  const request = { method: 'POST', url: new URL('https://host/model/x%3A0/converse'), headers: {}, body: '{}' }
  const before = asked
  const headers = await Promise.all([authenticator.headers(request, undefined), authenticator.headers(request, undefined)])
  assert.equal(asked, before + 1)
  for (const given of headers) {
    assert.ok(given.ok)
    assert.match(given.value['authorization'] ?? '', /Credential=AKIACONTAINER\/\d{8}\/eu-central-1\/bedrock\/aws4_request/)
    assert.equal(given.value['x-amz-security-token'], 't')
  }
  authenticator.refused(undefined)
  await authenticator.headers(request, undefined)
  assert.equal(asked, before + 2)
})

test('aws requests: an API key goes as it is, the entry’s own keys go before the machine’s', async () => {
  const env = { ...nowhere, AWS_BEARER_TOKEN_BEDROCK: 'of-machine' }
  const request = { method: 'POST', url: new URL('https://host/x'), headers: {}, body: '{}' }
  const proofOf = async (options: Parameters<typeof createAwsAuthenticator>[1], key?: string) => {
    const given = await createAwsAuthenticator('bedrock', { region: 'r', ...options }, env).headers(request, key)
    return given.ok ? given.value['authorization'] : given.error.kind
  }
  assert.equal(await proofOf({}, 'mine'), 'Bearer mine')
  assert.equal(await proofOf({}), 'Bearer of-machine')
  const keys = { access_key_id: 'AKIAOWN', secret_access_key: { reveal: () => 's' } }
  assert.match((await proofOf(keys)) ?? '', /Credential=AKIAOWN/)
})
