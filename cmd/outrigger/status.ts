import { setTimeout as sleep } from 'node:timers/promises'
import { styleText } from 'node:util'
import { asObject, parseJson } from '#lib/json.ts'
import { err, ok, type Result } from '#lib/result.ts'
import { adminFetch } from './admin-fetch.ts'
import { exitCodes } from './exit.ts'
import { openScreen } from './screen.ts'
import { onceStopped } from './signals.ts'
import { type Paint, statusLines, type Tone } from './status-lines.ts'
import { complain, print } from './terminal.ts'

export type StatusOptions = {
  /** The relay's admin port. */
  readonly admin: string
  readonly json: boolean
  /** Again each second, until Ctrl-C. */
  readonly watch: boolean
}

/** `outrigger status`: how a running relay does, as its status page tells it. */
export async function status(options: StatusOptions): Promise<number> {
  if (options.watch) return await watch(options)
  const read = await readStatus(options)
  if (!read.ok) {
    complain(read.error)
    return exitCodes.failed
  }
  for (const line of read.value) print(line)
  return exitCodes.ok
}

async function readStatus(options: StatusOptions, stop?: AbortSignal): Promise<Result<readonly string[], string>> {
  const answer = await adminFetch(options.admin, '/status', stop === undefined ? {} : { stop })
  if (!answer.ok) return answer
  const parsed = parseJson(answer.value)
  if (!parsed.ok) return err('the answer is not JSON')
  // Watched, each status is a line, for programs that read as it comes.
  if (options.json) return ok([options.watch ? JSON.stringify(parsed.value) : answer.value.trim()])
  return ok(statusLines(asObject(parsed.value), paint))
}

const watchMs = 1000

/** A relay that does not answer is waited for: that is what somebody watches for. */
async function watch(options: StatusOptions): Promise<number> {
  const stop = new AbortController()
  void onceStopped().then(() => stop.abort())
  const show = process.stdout.isTTY && !options.json ? onScreen() : inLines()
  while (!stop.signal.aborted) {
    const read = await readStatus(options, stop.signal)
    if (stop.signal.aborted) break
    show.show(read)
    await sleep(watchMs, undefined, { signal: stop.signal }).catch(() => undefined)
  }
  show.close()
  return exitCodes.ok
}

type Shower = { readonly show: (read: Result<readonly string[], string>) => void; readonly close: () => void }

function onScreen(): Shower {
  const { stdout } = process
  const screen = openScreen(
    (text) => stdout.write(text),
    () => stdout.rows,
  )
  let known: readonly string[] = []
  return {
    show(read) {
      if (read.ok) known = read.value
      // What was known last stays to be seen, below the reason why it is old.
      screen.draw(read.ok ? known : [paint('bad', read.error), '', ...known])
    },
    close: screen.close,
  }
}

function inLines(): Shower {
  return {
    show(read) {
      if (read.ok) for (const line of read.value) print(line)
      else complain(read.error)
    },
    close() {},
  }
}

const styles: Readonly<Record<Tone, Parameters<typeof styleText>[0]>> = {
  good: 'green',
  warn: 'yellow',
  bad: ['red', 'bold'],
  quiet: 'gray',
  title: 'bold',
}

/** Colours for terminals alone, and not under NO_COLOR. */
const paint: Paint = (tone, text) => styleText(styles[tone], text, { stream: process.stdout })
