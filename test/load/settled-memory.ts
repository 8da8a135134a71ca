import { asNumber, asObject, asString, parseJson } from '#lib/json.ts'

/** What a process holds once everything that can be freed has been freed, in MiB. */
export type SettledMemory = {
  /** Objects that are still reachable. */
  readonly heap: number
  /** Buffers and the like, beside the heap. */
  readonly external: number
  readonly resident: number
}

const mib = 1024 * 1024
const read = `JSON.stringify(process.memoryUsage())`

/** The debugger's address of a process that was started with `--inspect`, from what it wrote. */
export function debuggerIn(log: string): string {
  const url = /Debugger listening on (ws:\S+)/.exec(log)?.[1]
  if (url === undefined) throw new Error('the process has no debugger')
  return url
}

/** Collects the garbage of the process behind this debugger and gives what stays. */
export async function settledMemory(debuggerUrl: string): Promise<SettledMemory> {
  const session = await openSession(debuggerUrl)
  // What the first collection finalizes, the second one frees.
  await session.send('HeapProfiler.collectGarbage')
  await session.send('HeapProfiler.collectGarbage')
  const { result } = await session.send('Runtime.evaluate', { expression: read, returnByValue: true })
  session.close()
  const parsed = parseJson(asString(asObject(result)['value']) ?? '')
  const usage = asObject(parsed.ok ? parsed.value : undefined)
  const of = (name: string): number => (asNumber(usage[name]) ?? Number.NaN) / mib
  return { heap: of('heapUsed'), external: of('external'), resident: of('rss') }
}

type Session = {
  readonly send: (method: string, params?: Readonly<Record<string, unknown>>) => Promise<Readonly<Record<string, unknown>>>
  readonly close: () => void
}

async function openSession(url: string): Promise<Session> {
  const socket = new WebSocket(url)
  const waiting = new Map<number, (result: Readonly<Record<string, unknown>>) => void>()
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve()
    socket.onerror = () => reject(new Error(`no debugger at ${url}`))
  })
  socket.onmessage = ({ data }) => {
    const parsed = parseJson(String(data))
    const message = asObject(parsed.ok ? parsed.value : undefined)
    const id = asNumber(message['id'])
    if (id === undefined) return
    waiting.get(id)?.(asObject(message['result']))
    waiting.delete(id)
  }
  let number = 0
  return {
    close: () => socket.close(),
    send(method, params = {}) {
      const { promise, resolve } = Promise.withResolvers<Readonly<Record<string, unknown>>>()
      waiting.set(++number, resolve)
      socket.send(JSON.stringify({ id: number, method, params }))
      return promise
    },
  }
}
