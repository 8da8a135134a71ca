import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'

const main = join(import.meta.dirname, '../../cmd/outrigger/main.ts')

const bugs = {
  'an error that nobody catches': "throw new Error('boom', { cause: new Error('spark') })",
  'a rejection that nobody handles': "void Promise.reject(new Error('boom', { cause: new Error('spark') }))",
}

for (const [name, bug] of Object.entries(bugs)) {
  test(`${name} is told with its stack and its cause, without the line of the source`, { timeout: 30_000 }, async () => {
    const whenReady = `if (process.listenerCount('uncaughtException') > 0) { clearInterval(timer); ${bug} }`
    const planted = `data:text/javascript,const timer = setInterval(() => { ${whenReady} }, 20)`
    const command = spawn(process.execPath, ['--import', planted, main, 'mock', '--listen', '127.0.0.1:0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    try {
      let told = ''
      command.stderr.setEncoding('utf8').on('data', (text: string) => (told += text))
      const [code] = await once(command, 'close')
      assert.equal(code, 1)
      assert.match(told, /^Error: boom\n {4}at /)
      assert.match(told, /\[cause\]: Error: spark/)
      assert.match(told, /\noutrigger \S+, Node\.js v\d+/)
      // Node's own way: the line, and a mark below the place.
      assert.doesNotMatch(told, /^ *\^/m)
    } finally {
      command.kill('SIGKILL')
    }
  })
}
