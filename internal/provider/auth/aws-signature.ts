import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import type { Failure } from '#canonical/failure.ts'
import { ok, type Result } from '#lib/result.ts'
import type { Authenticator, AuthHeaders, Outgoing, ProviderOptions } from '../provider.ts'
import { type AwsKeys, type Environment, findAwsKeys } from './aws-credentials.ts'
import { createTokenCache, type TokenCache } from './token-cache.ts'

/**
 * An API key goes as Bearer; without one requests are signed (Signature Version 4) with the entry's access key or, where there is
 * none, with what this machine has. The library for it is loaded with the first signature. Source:
 * docs.aws.amazon.com/IAM, Signing AWS API requests.
 */
export function createAwsAuthenticator(service: string, options: ProviderOptions, env: Environment = process.env): Authenticator {
  const { region = '' } = options
  const bearer = env['AWS_BEARER_TOKEN_BEDROCK']
  const found: TokenCache<AwsKeys> = createTokenCache(() => findAwsKeys(region, env))
  return {
    async headers(request, key): Promise<Result<AuthHeaders, Failure>> {
      // Read each time: a secret follows the file that it comes from.
      const own = ownKeys(options)
      const token = key ?? (own === undefined ? bearer : undefined)
      if (token !== undefined && token !== '') return ok({ authorization: `Bearer ${token}` })
      const keys = own === undefined ? await found.get() : ok(own)
      return keys.ok ? ok(await sign(request, { keys: keys.value, region, service })) : keys
    },
    refused: () => found.forget(),
  }
}

function ownKeys({ access_key_id, secret_access_key, session_token }: ProviderOptions): AwsKeys | undefined {
  if (access_key_id === undefined || secret_access_key === undefined) return undefined
  const keys = { accessKeyId: access_key_id, secretAccessKey: secret_access_key.reveal() }
  return session_token === undefined ? keys : { ...keys, sessionToken: session_token.reveal() }
}

type Signing = { readonly keys: AwsKeys; readonly region: string; readonly service: string }

/** The headers that sign it. Only what no proxy changes is signed besides them: host, content type, path, query and body. */
async function sign({ method, url, headers, body }: Outgoing, { keys, region, service }: Signing): Promise<AuthHeaders> {
  const { SignatureV4 } = await import('@smithy/signature-v4')
  const signer = new SignatureV4({ credentials: keys, region, service, sha256: Sha256 })
  const type = headers['content-type']
  const signed = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, ...(type === undefined ? {} : { 'content-type': type }) },
    body: typeof body === 'object' && !(body instanceof Uint8Array) ? Buffer.concat(body) : (body ?? ''),
  })
  return Object.fromEntries(
    Object.entries(signed.headers).filter(([name]) => name === 'authorization' || name.startsWith('x-amz-')),
  )
}

type Bytes = string | ArrayBuffer | ArrayBufferView

/** Node's own digest in the library's form: pictures in requests are megabytes. */
class Sha256 {
  readonly #secret: Bytes | undefined
  #hash: Hash | Hmac

  constructor(secret?: Bytes) {
    this.#secret = secret
    this.#hash = hashOf(secret)
  }

  update(data: Bytes): void {
    this.#hash.update(bytesOf(data))
  }

  reset(): void {
    this.#hash = hashOf(this.#secret)
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }
}

function hashOf(secret: Bytes | undefined): Hash | Hmac {
  return secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
}

function bytesOf(data: Bytes): Uint8Array | string {
  if (typeof data === 'string') return data
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}
