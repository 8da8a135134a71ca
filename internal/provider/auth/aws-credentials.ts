import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Failure } from '#canonical/failure.ts'
import { asNumber, asObject, asString, type JsonObject, parseJson } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { authFailure } from './auth-failure.ts'
import type { Fetched } from './token-cache.ts'

/** What an AWS request is signed with. */
export type AwsKeys = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }

/** The process's environment, or a test's. */
export type Environment = Readonly<Record<string, string | undefined>>

type Found = Result<Fetched<AwsKeys>, Failure>
/** Undefined when the place is not meant. */
type Place = (env: Environment, region: string) => Promise<Found | undefined>

/**
 * Looks for credentials where the AWS SDKs do, in their order: environment, shared credentials file, web identity (EKS),
 * container (ECS, EKS Pod Identity), instance metadata (EC2). Source: docs.aws.amazon.com/sdkref, Standardized credential
 * providers. Not looked for: SSO, `credential_process` and roles of the configuration file.
 */
export async function findAwsKeys(region: string, env: Environment = process.env): Promise<Found> {
  for (const place of [fromEnvironment, fromSharedFile, fromWebIdentity, fromContainer, fromInstance]) {
    const found = await place(env, region)
    if (found !== undefined) return found
  }
  return err(authFailure('no AWS credentials were found: give api_key, or access_key_id and secret_access_key'))
}

const never = Number.POSITIVE_INFINITY

const fromEnvironment: Place = async (env) => {
  const keys = keysOf(env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY'], env['AWS_SESSION_TOKEN'])
  return keys === undefined ? undefined : ok({ value: keys, expiresAtMs: never })
}

function keysOf(id: string | undefined, secret: string | undefined, token: string | undefined): AwsKeys | undefined {
  if (id === undefined || id === '' || secret === undefined || secret === '') return undefined
  const keys = { accessKeyId: id, secretAccessKey: secret }
  return token === undefined || token === '' ? keys : { ...keys, sessionToken: token }
}

// Who rotates the file wants it read again.
const fileLifeMs = 5 * 60_000

const fromSharedFile: Place = async (env) => {
  const path = env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(env['HOME'] ?? homedir(), '.aws', 'credentials')
  const text = await textOf(path)
  if (text === undefined) return undefined
  const profile = readProfile(text, env['AWS_PROFILE'] ?? 'default')
  const keys = keysOf(profile.get('aws_access_key_id'), profile.get('aws_secret_access_key'), profile.get('aws_session_token'))
  return keys === undefined ? undefined : ok({ value: keys, expiresAtMs: Date.now() + fileLifeMs })
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    // Not there, or not ours to read: the next place may have them.
    return undefined
  }
}

/** One section of an INI file. */
function readProfile(text: string, wanted: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  let section = ''
  for (const line of text.split(/\r?\n/)) {
    section = /^\s*\[\s*(?:profile\s+)?([^\]]+?)\s*\]/.exec(line)?.[1] ?? section
    const [, name, value] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (section === wanted && name !== undefined) values.set(name, value ?? '')
  }
  return values
}

const fromWebIdentity: Place = async (env, region) => {
  const [file, role] = [env['AWS_WEB_IDENTITY_TOKEN_FILE'], env['AWS_ROLE_ARN']]
  if (file === undefined || role === undefined) return undefined
  const token = await textOf(file)
  if (token === undefined) return err(authFailure(`the web identity token ${file} cannot be read`))
  const query = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: env['AWS_ROLE_SESSION_NAME'] ?? 'outrigger',
    WebIdentityToken: token.trim(),
  })
  const url = env['AWS_ENDPOINT_URL_STS'] ?? `https://sts.${region}.amazonaws.com`
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await ask(url, { method: 'POST', headers, body: query.toString() })
  if (!answer.ok) return answer
  const result = asObject(asObject(answer.value['AssumeRoleWithWebIdentityResponse'])['AssumeRoleWithWebIdentityResult'])
  return readTemporary(asObject(result['Credentials']))
}

const containerHost = 'http://169.254.170.2'

const fromContainer: Place = async (env) => {
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']
  const url = relative === undefined ? env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] : containerHost + relative
  if (url === undefined) return undefined
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']
  const token = file === undefined ? env['AWS_CONTAINER_AUTHORIZATION_TOKEN'] : (await textOf(file))?.trim()
  const answer = await ask(url, { headers: token === undefined ? {} : { authorization: token } })
  return answer.ok ? readTemporary(answer.value) : answer
}

const fromInstance: Place = async (env) => {
  if (env['AWS_EC2_METADATA_DISABLED'] === 'true') return undefined
  const host = env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] ?? 'http://169.254.169.254'
  const roles = `${host}/latest/meta-data/iam/security-credentials/`
  const token = await text(`${host}/latest/api/token`, {
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '300' },
  })
  // This machine is none of Amazon's.
  if (!token.ok) return undefined
  const headers = { 'x-aws-ec2-metadata-token': token.value }
  const role = await text(roles, { headers })
  if (!role.ok) return err(authFailure('this instance has no role'))
  const answer = await ask(roles + role.value.trim(), { headers })
  return answer.ok ? readTemporary(answer.value) : answer
}

/** Names are the same wherever temporary keys come from; the time is a text or seconds. */
function readTemporary(given: JsonObject): Found {
  const token = asString(given['SessionToken']) ?? asString(given['Token'])
  const keys = keysOf(asString(given['AccessKeyId']), asString(given['SecretAccessKey']), token)
  if (keys === undefined) return err(authFailure('AWS gave no temporary credentials'))
  const seconds = asNumber(given['Expiration'])
  const expiresAtMs = seconds === undefined ? Date.parse(asString(given['Expiration']) ?? '') : seconds * 1000
  return ok({ value: keys, expiresAtMs: Number.isNaN(expiresAtMs) ? Date.now() + fileLifeMs : expiresAtMs })
}

// These are near, or not there.
const timeoutMs = 3000

async function ask(url: string, request: RequestInit): Promise<Result<JsonObject, Failure>> {
  const answer = await text(url, request)
  if (!answer.ok) return answer
  const parsed = parseJson(answer.value)
  return parsed.ok ? ok(asObject(parsed.value)) : err(authFailure('who gives AWS credentials answered with no JSON'))
}

/** Who refuses speaks against our identity; who cannot be reached does not. */
async function text(url: string, request: RequestInit): Promise<Result<string, Failure>> {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
    const body = await response.text()
    if (response.ok) return ok(body)
    if (response.status >= 500)
      return err({ kind: 'network', phase: 'connect', message: `no AWS credentials: HTTP ${response.status}` })
    return err(authFailure(`AWS gives no credentials: HTTP ${response.status} ${body.slice(0, 200)}`))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return err({ kind: 'network', phase: 'connect', message: `who gives AWS credentials cannot be reached: ${message}` })
  }
}
