import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { test } from 'node:test'
import { adminFetch } from './admin-fetch.ts'

// Ports that the Fetch standard keeps browsers from, on which a relay may listen all the same.
const keptFromBrowsers = [10080, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6697]

async function listen(server: Server): Promise<number | undefined> {
  for (const port of keptFromBrowsers) {
    server.listen(port, '127.0.0.1')
    const listening = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (listening) return port
  }
  return undefined
}

test('a relay is asked whatever its port is; what it refuses is told with its words', async (context) => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/status' ? 200 : 503
    request.pipe(response)
  })
  const port = await listen(server)
  if (port === undefined) return context.skip('all of these ports are taken here')
  try {
    const admin = `127.0.0.1:${port}`
    assert.deepEqual(await adminFetch(admin, '/status', { body: 'a shape' }), { ok: true, value: 'a shape' })
    const refused = await adminFetch(`http://${admin}/`, '/readyz', { body: 'draining' })
    assert.deepEqual(refused, { ok: false, error: `http://${admin}/readyz answered 503: draining` })
  } finally {
    server.close()
  }
  const gone = await adminFetch(`127.0.0.1:${port}`, '/status')
  assert.match(gone.ok ? '' : gone.error, /^no relay answers at .*ECONNREFUSED/)
})
