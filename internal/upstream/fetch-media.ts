import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { Agent, request } from 'undici'
import { err, ok, type Result } from '#lib/result.ts'

/** What a download may cost. */
export type MediaLimits = {
  readonly maxBytes: number
  readonly timeoutMs: number
  /** Hosts that may be reached although they lie in a private network. */
  readonly allow: readonly string[]
}

export type FetchedMedia = { readonly data: Buffer; readonly mime: string | undefined }

/**
 * Downloads what a client's URL names. The address that is connected to is checked, not only the one that was looked up
 * first, so that a name that changes its mind (DNS rebinding) reaches nothing inside; redirects are not followed; no header of
 * ours goes along.
 */
export async function fetchMedia(url: string, limits: MediaLimits): Promise<Result<FetchedMedia, string>> {
  const parsed = URL.parse(url)
  if (parsed === null || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:'))
    return err('only http and https URLs are fetched')
  if (parsed.username !== '' || parsed.password !== '') return err('a URL with a password is not fetched')
  const hostname = parsed.hostname.replace(/^\[|\]$/g, '')
  const allowed = limits.allow.includes(hostname)
  // An address in the URL is never looked up, so that the check below would not see it.
  if (!allowed && isIP(hostname) !== 0 && isPrivate(hostname)) return err('the address lies in a private network')
  const agent = new Agent({ connect: { timeout: limits.timeoutMs, ...(allowed ? {} : { lookup: publicLookup }) } })
  try {
    return await download(parsed, agent, limits)
  } catch (error) {
    return err(error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error))
  } finally {
    await agent.destroy()
  }
}

async function download(
  url: URL,
  dispatcher: Agent,
  { maxBytes, timeoutMs }: MediaLimits,
): Promise<Result<FetchedMedia, string>> {
  const { statusCode, headers, body } = await request(url, {
    dispatcher,
    signal: AbortSignal.timeout(timeoutMs),
    headers: { accept: '*/*', 'user-agent': 'outrigger' },
  })
  if (statusCode !== 200) return err(`it answered with status ${statusCode}`)
  if (Number(headers['content-length'] ?? 0) > maxBytes) return err(`it is larger than ${maxBytes} bytes`)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > maxBytes) return err(`it is larger than ${maxBytes} bytes`)
    chunks.push(bytes)
  }
  const type = headers['content-type']
  const mime = (Array.isArray(type) ? type[0] : type)?.split(';')[0]?.trim().toLowerCase()
  return ok({ data: Buffer.concat(chunks), mime: mime === '' ? undefined : mime })
}

// Source: IANA's registries of special-purpose IPv4 and IPv6 addresses (RFC 6890 and its updates).
const special = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  special.addSubnet(net, bits, 'ipv4')
}
// Only global unicast is public (2000::/3), and of it not what stands for IPv4 or documentation.
const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  special.addSubnet(net, bits, 'ipv6')
}

/** Whether an address is not of the public internet: private, loopback, link-local (the cloud's metadata), reserved. */
export function isPrivate(address: string): boolean {
  if (isIP(address) === 4) return special.check(address, 'ipv4')
  if (isIP(address) !== 6) return true
  return !globalUnicast.check(address, 'ipv6') || special.check(address, 'ipv6')
}

const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0)
    const [first] = addresses
    if (first === undefined || addresses.some(({ address }) => isPrivate(address))) {
      return callback(new Error('the name leads to a private network'), '', 0)
    }
    if (options.all === true) return callback(null, addresses)
    callback(null, first.address, first.family)
  })
}
