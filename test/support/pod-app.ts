/**
 * An application beside the relay, in its network namespace: a provider on port 9000, and callers that ask the relay on port 7070 without a
 * pause, whole and streamed, until SIGTERM; then it prints what came of it as JSON. The provider tells which keys it was given.
 */
import { createServer, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { asArray, asObject, asString, parseJson } from '#lib/json.ts'

const callers = 8
const keys = new Set<string>()
const failures: string[] = []
let answered = 0
let stopping = false
process.on('SIGTERM', () => {
  stopping = true
})

const words = ['one', ' two', ' three', ' four']

createServer((request, response) => {
  keys.add(request.headers.authorization ?? '')
  let text = ''
  request.on('data', (chunk) => {
    text += String(chunk)
  })
  request.on('end', () => {
    const parsed = parseJson(text)
    if (asObject(parsed.ok ? parsed.value : undefined)['stream'] === true) void stream(response)
    else whole(response)
  })
}).listen(9000, '127.0.0.1')

function whole(response: ServerResponse): void {
  const message = { role: 'assistant', content: words.join('') }
  const body = { id: 'a', object: 'chat.completion', model: 'm', choices: [{ index: 0, message, finish_reason: 'stop' }] }
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
}

async function stream(response: ServerResponse): Promise<void> {
  response.setHeader('content-type', 'text/event-stream')
  for (const [index, content] of words.entries()) {
    const finish_reason = index === words.length - 1 ? 'stop' : null
    const chunk = {
      id: 'a',
      object: 'chat.completion.chunk',
      model: 'm',
      choices: [{ index: 0, delta: { content }, finish_reason }],
    }
    response.write(`data: ${JSON.stringify(chunk)}\n\n`)
    await sleep(20)
  }
  response.end('data: [DONE]\n\n')
}

async function ask(streamed: boolean): Promise<string> {
  const response = await fetch('http://localhost:7070/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', stream: streamed, messages: [{ role: 'user', content: 'Count' }] }),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`)
  if (!streamed) return contentOf(text, 'message')
  const lines = text.split('\n').filter((line) => line.startsWith('data: {'))
  return lines.map((line) => contentOf(line.slice(6), 'delta')).join('')
}

function contentOf(json: string, field: string): string {
  const parsed = parseJson(json)
  const choice = asObject(asArray(asObject(parsed.ok ? parsed.value : undefined)['choices'])[0])
  return asString(asObject(choice[field])['content']) ?? ''
}

async function call(number: number): Promise<void> {
  for (let count = number; !stopping; count++) {
    try {
      const said = await ask(count % 2 === 0)
      if (said === words.join('')) answered++
      else failures.push(`said ${JSON.stringify(said)}`)
    } catch (error) {
      failures.push(error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : String(error))
    }
  }
}

await Promise.all(Array.from({ length: callers }, (_, number) => call(number)))
process.stdout.write(`${JSON.stringify({ answered, failures, keys: [...keys] })}\n`)
process.exit(0)
