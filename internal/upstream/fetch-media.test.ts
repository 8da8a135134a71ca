import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { fetchMedia, isPrivate, type MediaLimits } from './fetch-media.ts'

const server = createServer((request, response) => {
  switch (request.url) {
    case '/picture':
      response.writeHead(200, { 'content-type': 'image/png; q=1' }).end('picture')
      return
    case '/large':
      response.writeHead(200)
      response.write('x'.repeat(2000))
      response.end('x'.repeat(2000))
      return
    case '/moved':
      response.writeHead(302, { location: '/picture' }).end()
      return
    case '/silent':
      return
    default:
      response.writeHead(404).end()
  }
})
let origin = ''
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
})
after(() => {
  server.closeAllConnections()
  server.close()
})

const limits: MediaLimits = { maxBytes: 3000, timeoutMs: 2000, allow: ['127.0.0.1'] }

test('what a URL names is downloaded, with its type', async () => {
  const fetched = await fetchMedia(`${origin}/picture`, limits)
  assert.ok(fetched.ok)
  assert.deepEqual([fetched.value.data.toString(), fetched.value.mime], ['picture', 'image/png'])
})

for (const [path, message] of [
  ['/large', /larger than 3000/],
  ['/moved', /status 302/],
  ['/none', /status 404/],
] as const) {
  test(`${path} is refused`, async () => {
    const fetched = await fetchMedia(origin + path, limits)
    assert.match(fetched.ok ? 'fetched' : fetched.error, message)
  })
}

test('a server that says nothing is left after the time allowed', async () => {
  const fetched = await fetchMedia(`${origin}/silent`, { ...limits, timeoutMs: 50 })
  assert.equal(fetched.ok, false)
})

test('nothing inside is reached: by address, by name, by another scheme, with a password', async () => {
  const strict = { ...limits, allow: [] }
  const port = new URL(origin).port
  for (const url of [
    `${origin}/picture`,
    `http://localhost:${port}/picture`,
    `http://[::1]:${port}/picture`,
    `http://2130706433:${port}/picture`,
    'file:///etc/passwd',
    'ftp://example.com/a',
    'http://user:word@example.com/',
    'not a url',
  ]) {
    assert.equal((await fetchMedia(url, strict)).ok, false, url)
  }
})

const addresses: readonly [string, boolean][] = [
  ['127.0.0.1', true],
  ['10.1.2.3', true],
  ['172.31.0.1', true],
  ['172.32.0.1', false],
  ['192.168.1.1', true],
  ['169.254.169.254', true],
  ['100.64.0.1', true],
  ['255.255.255.255', true],
  ['8.8.8.8', false],
  ['::1', true],
  ['fe80::1', true],
  ['fd00::1', true],
  ['::ffff:10.0.0.1', true],
  ['64:ff9b::a00:1', true],
  ['2002:a00:1::', true],
  ['2606:4700::1111', false],
  ['name', true],
]
for (const [address, expected] of addresses)
  test(`${address} is ${expected ? 'private' : 'public'}`, () => assert.equal(isPrivate(address), expected))
