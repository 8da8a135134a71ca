import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { askers } from '../support/askers.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { type RoughServer, type Script, sleep, startRoughServer } from '../support/rough-server.ts'
import { roughAnswer, sound } from './rough-scripts.ts'

const late: Script = async (socket, call) => {
  await sleep(400)
  return sound(socket, call)
}

let rough: RoughServer
let relay: RelayProcess

before(async () => {
  rough = await startRoughServer({ late, sound })
  relay = await startRelay(
    `version: 1\nproviders: { rough: { type: openai-compatible, base_url: "${rough.url}/v1" } }\nmodels: { m: { targets: [rough/late, rough/sound] } }\ntimeouts: { first_token: 1s, idle: 1s }\nlog: { level: warn }\n`,
  )
})
after(async () => {
  await relay?.stop()
  await rough?.close()
})

test('a process that was stopped for a while does not take its own silence for the provider’s', async () => {
  const asked = askers.chat(relay.url, { model: 'm', stream: true })
  for (let waited = 0; waited < 3000 && rough.calls('late').length === 0; waited += 5) await sleep(5)
  // As a frozen container or a sleeping laptop: three times longer than the provider may be silent.
  relay.process.kill('SIGSTOP')
  await sleep(3000)
  relay.process.kill('SIGCONT')
  const { error, text, model } = await asked
  assert.deepEqual(error, undefined)
  assert.deepEqual([text, model], [roughAnswer, 'late'])
  assert.deepEqual([rough.calls('late').length, rough.calls('sound').length], [1, 0])
})
