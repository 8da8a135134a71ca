import { loadFile } from '#config/load.ts'
import { formatProblem } from '#config/problem.ts'
import { createPrices } from '#pricing/catalogue.ts'
import { readLog } from '#replay/read-log.ts'
import { type Replayed, replay, type Share } from '#replay/replay.ts'
import { makePlan } from '#routing/plan.ts'
import { exitCodes } from './exit.ts'
import { readLines } from './read-lines.ts'
import { complain, print } from './terminal.ts'

export type ReplayOptions = { readonly config: string; readonly json: boolean }

/** `outrigger replay LOG -c FILE`: what another routing file would have done with logged traffic. */
export async function replayLog(file: string, { config: path, json }: ReplayOptions): Promise<number> {
  const loaded = loadFile({ path })
  if (!loaded.ok) {
    for (const problem of loaded.error) complain(formatProblem(problem))
    return exitCodes.config
  }
  const lines = await readLines(file)
  if (typeof lines === 'string') {
    complain(`${file} cannot be read: ${lines}`)
    return exitCodes.failed
  }
  const { requests, skipped } = readLog(lines)
  if (requests.length === 0) {
    complain(`${file} has no access lines ("request finished") that name a model: is it the relay's log in JSON lines?`)
    return exitCodes.failed
  }
  const { config } = loaded.value
  let nowMs = 0
  const prices = createPrices(
    () => config,
    () => nowMs,
  )
  await prices.load()
  const random = seeded()
  const replayed = replay(requests, {
    plan(input, snapshot, atMs) {
      nowMs = atMs
      return makePlan(input, config, { snapshot, nowMs: 0, wallNowMs: atMs, random, offerOf: prices.offerOf })
    },
    costOf(target, usage, atMs) {
      nowMs = atMs
      return prices.cost(target, usage)
    },
  })
  if (json) print(JSON.stringify({ ...replayed, skipped }))
  else for (const line of tell(replayed, skipped)) print(line)
  return exitCodes.ok
}

/** The same log gives the same numbers: mulberry32. */
function seeded(): () => number {
  let state = 1
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function tell({ requests, before, after, excluded, refused, unpriced }: Replayed, skipped: number): readonly string[] {
  const sum = (shares: readonly Share[]): number => shares.reduce((total, { costUsd }) => total + costUsd, 0)
  const [was, is] = [sum(before), sum(after)]
  const change = was > 0 ? ` (${is <= was ? '−' : '+'}${Math.abs((1 - is / was) * 100).toFixed(1)} %)` : ''
  return [
    `${requests} requests`,
    '',
    ...table('as logged', before),
    '',
    ...table('with the file', after),
    '',
    `cost: ${was.toFixed(4)} USD as logged, ${is.toFixed(4)} USD with the file${change}`,
    ...(unpriced === 0 ? [] : [`${unpriced} requests have no known cost: no tokens in the log, or no price`]),
    ...Object.entries(refused).map(([code, count]) => `${count} requests would have been refused: ${code}`),
    ...excluded.map(({ target, kind, requests: count }) => `${target} left out of ${count} requests: ${kind}`),
    ...(skipped === 0 ? [] : [`${skipped} lines name no model and were left out`]),
    'Rules on headers are not played: headers are not logged. Failovers are not played.',
  ]
}

function table(title: string, shares: readonly Share[]): readonly string[] {
  const width = Math.max(title.length, ...shares.map(({ target }) => target.length))
  const head = `${title.padEnd(width)}  ${'requests'.padStart(8)}  ${'share'.padStart(7)}  ${'USD'.padStart(10)}  ${'median ms'.padStart(9)}`
  const rows = shares.map(({ target, requests, share, costUsd, waitMs }) => {
    const wait = waitMs === undefined ? '–' : String(Math.round(waitMs))
    return `${target.padEnd(width)}  ${String(requests).padStart(8)}  ${`${(share * 100).toFixed(1)} %`.padStart(7)}  ${costUsd.toFixed(4).padStart(10)}  ${wait.padStart(9)}`
  })
  return [head, ...rows]
}
