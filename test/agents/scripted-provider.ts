import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { asObject, type JsonObject, parseJson } from '#lib/json.ts'
import { listenLocally } from '../support/listen.ts'
import { anthropicFamily } from './family-anthropic.ts'
import { geminiFamily } from './family-gemini.ts'

/** One turn of the model: calls, or the words that end the task. */
export type Step =
  | { readonly calls: readonly { readonly tool: string; readonly args: JsonObject }[] }
  /** `{results}` stands for the results of the last calls, which shows that they arrived. */
  | { readonly text: string }

/** What a request says, whatever its form. */
export type Asked = {
  /** Turns in which the model has called tools so far. */
  readonly turns: number
  /** The names of the tools, and the first property of each one's arguments. */
  readonly tools: ReadonlyMap<string, string | undefined>
  readonly results: readonly string[]
  /** Media types of the images in the last results. */
  readonly images: readonly string[]
  /** Whether the model is asked to think first. */
  readonly thinks: boolean
}

/** A call as it is written on the wire, its tool's name found among those that were declared. */
export type WrittenCall = { readonly id: string; readonly name: string; readonly args: JsonObject }
export type Reply = {
  readonly turn: number
  readonly thinks: boolean
  readonly text?: string
  readonly calls: readonly WrittenCall[]
}

/** A vendor's API, written by hand and as strict as the vendor, so that it does not share the relay's own mistakes. */
export type Family = {
  /** The request's meaning; what the vendor would refuse is told to `problem`. */
  readonly read: (body: JsonObject, problem: (text: string) => void) => Asked
  /** The frames of the streamed answer. */
  readonly write: (reply: Reply) => readonly string[]
  readonly refuse: (message: string) => string
}

export type ScriptedProvider = {
  readonly url: string
  /** What the vendor would have refused. */
  readonly problems: readonly string[]
  /** How many images came with results. */
  readonly images: readonly string[]
  readonly requests: readonly JsonObject[]
  readonly close: () => void
}

const families = { anthropic: anthropicFamily, gemini: geminiFamily }

/** A model that follows a script: it calls the tools it is told to, one step for each turn, and tells the results. */
export async function startScripted(family: keyof typeof families, script: readonly Step[]): Promise<ScriptedProvider> {
  const problems: string[] = []
  const images: string[] = []
  const requests: JsonObject[] = []
  const { read, write, refuse } = families[family]
  const answer = (text: string, response: ServerResponse): void => {
    const parsed = parseJson(text)
    const body = asObject(parsed.ok ? parsed.value : undefined)
    requests.push(body)
    const found: string[] = []
    const asked = read(body, (problem) => found.push(problem))
    images.push(...asked.images)
    const reply = found.length > 0 ? undefined : follow(script, asked, (problem) => found.push(problem))
    if (reply === undefined) {
      problems.push(...found)
      response.writeHead(400, { 'content-type': 'application/json' }).end(refuse(found.join('; ')))
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const frame of write(reply)) response.write(frame)
    response.end()
  }
  const server = createServer((request, response) => {
    // Whoever looks whether it is there asks for no answer.
    if (request.method !== 'POST') {
      response.writeHead(404).end()
      return
    }
    void readBody(request).then((text) => answer(text, response))
  })
  const port = await listenLocally(server)
  return {
    url: `http://127.0.0.1:${port}`,
    problems,
    images,
    requests,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** Agents also ask for a title of the conversation, without tools: that is not a step of the task. */
function follow(script: readonly Step[], asked: Asked, problem: (text: string) => void): Reply | undefined {
  const { turns: turn, thinks } = asked
  if (asked.tools.size === 0) return { turn, thinks: false, text: 'A note', calls: [] }
  const step = script[turn]
  if (step === undefined) {
    problem(`there is no step ${turn} in the script`)
    return undefined
  }
  if ('text' in step) return { turn, thinks, text: step.text.replace('{results}', asked.results.join(' | ')), calls: [] }
  const calls = step.calls.flatMap(({ tool, args }, index): readonly WrittenCall[] => {
    const name = [...asked.tools.keys()].find((known) => known === tool || known.endsWith(`__${tool}`))
    if (name === undefined) {
      problem(`the tool ${tool} was not offered: ${[...asked.tools.keys()].join(' ')}`)
      return []
    }
    // A tool that takes free text is offered as a function with one argument of whatever name.
    const { '*': free, ...named } = args
    const only = asked.tools.get(name)
    return [{ id: `call_${turn}_${index}`, name, args: free === undefined || only === undefined ? named : { [only]: free } }]
  })
  return calls.length < step.calls.length ? undefined : { turn, thinks, calls }
}
