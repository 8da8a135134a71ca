import { asObject, parseJson } from '#lib/json.ts'
import { checkAnswer, checkError, checkRequest, checkStream, framesOf } from './check.ts'
import { mutateBytes, mutateJson } from './mutate.ts'
import { createRandom, type Random } from './random.ts'
import { readSeeds, type Seeds } from './seeds.ts'

/** An input that broke something: with the seed it can be made again. */
export type Broken = { readonly seed: number; readonly what: string; readonly error: string; readonly input: string }

/** So long no input may take, however busy the machine. */
const mostMs = 10_000

/** Tries so many broken inputs on every decoder, and what they give on every encoder. */
export function fuzz(inputs: number, firstSeed: number): readonly Broken[] {
  const seeds = readSeeds()
  const broken: Broken[] = []
  for (let seed = firstSeed; seed < firstSeed + inputs && broken.length < 20; seed++) {
    const random = createRandom(seed)
    const input = makeInput(seeds, random)
    const began = performance.now()
    try {
      input.check(random)
      const tookMs = performance.now() - began
      if (tookMs > mostMs) throw new Error(`it took ${Math.round(tookMs)} ms`)
    } catch (error) {
      broken.push({
        seed,
        what: input.what,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        input: input.show(),
      })
    }
  }
  return broken
}

type Input = { readonly what: string; readonly check: (random: Random) => void; readonly show: () => string }

function makeInput(seeds: Seeds, random: Random): Input {
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      return brokenRequest(seeds, random)
    case 3:
    case 4:
      return brokenAnswer(seeds, random)
    case 5:
      return brokenEvents(seeds, random)
    default:
      return brokenStream(seeds, random)
  }
}

/** The value as it comes off the wire; nothing, where it is refused there. */
function received(value: unknown): unknown {
  const parsed = parseJson(JSON.stringify(value) ?? '')
  return parsed.ok ? parsed.value : undefined
}

function brokenRequest({ requests }: Seeds, random: Random): Input {
  const { dialect, path, body } = chosen(requests, random)
  const changed = asObject(received(mutateJson(body, random)))
  return {
    what: `${dialect} request`,
    check: (next) => checkRequest(dialect, path, changed, next),
    show: () => JSON.stringify(changed),
  }
}

/** The answer as a success and, as text with broken bytes, as an error. */
function brokenAnswer({ answers }: Seeds, random: Random): Input {
  const { dialect, body } = chosen(answers, random)
  const changed = received(mutateJson(body, random))
  const text = JSON.stringify(changed) ?? ''
  const status = random.pick([400, 401, 403, 404, 413, 422, 429, 500, 503, 529])
  const garbled = random.share() < 0.3 ? mutateBytes(Buffer.from(text), random).toString('utf8') : text
  return {
    what: `${dialect} answer`,
    check: (next) => {
      checkAnswer(dialect, changed, next)
      checkError(dialect, status, garbled)
    },
    show: () => text,
  }
}

/** A stream broken in its bytes or, as often, in the meaning of one of its events. */
function brokenStream({ streams }: Seeds, random: Random): Input {
  const { dialect, wire } = chosen(streams, random)
  const changed = random.share() < 0.5 ? mutateBytes(wire, random) : mutateOneEvent(wire, random)
  return {
    what: `${dialect} stream`,
    check: (next) => checkStream(dialect, framesOf(changed, next), next),
    show: () => changed.toString('utf8'),
  }
}

function mutateOneEvent(wire: Buffer, random: Random): Buffer {
  const lines = wire.toString('utf8').split('\n')
  const at = lines.findIndex((line, index) => line.startsWith('data:') && (index + random.below(lines.length)) % 3 === 0)
  const changed = lines.map((line, index) => {
    if (index !== at) return line
    try {
      return `data: ${JSON.stringify(mutateJson(JSON.parse(line.slice(5)), random))}`
    } catch {
      // [DONE], or JSON over several lines.
      return 'data: {'
    }
  })
  return Buffer.from(changed.join('\n'))
}

function brokenEvents({ events: recorded }: Seeds, random: Random): Input {
  const { dialect, events } = chosen(recorded, random)
  const at = random.below(events.length)
  const frames = events.map((event, index) => {
    const [name = '', inner] = Object.entries(event)[0] ?? []
    return { event: name, data: JSON.stringify(index === at ? mutateJson(inner, random) : inner) ?? '' }
  })
  return {
    what: `${dialect} events`,
    check: (next) => checkStream(dialect, frames, next),
    show: () => JSON.stringify(frames),
  }
}

function chosen<T>(items: readonly T[], random: Random): T {
  const item = random.pickAny(items)
  if (item === undefined) throw new Error('there are no recordings to begin with')
  return item
}

/** For the test's message. */
export function tellBroken({ seed, what, error, input }: Broken): string {
  return `seed ${seed}, ${what}: ${error}\n${input.slice(0, 2000)}`
}
