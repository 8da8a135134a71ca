import { type Candidate, rankedBy, type Strategy } from './strategy.ts'

/** The cheapest first, by what this request would cost there; targets without a known price come last, in the file's order. */
export const cost: Strategy = {
  name: 'cost',
  order: (candidates) => rankedBy(candidates, (candidate) => -usd(candidate), reasonOf),
}

function usd({ estimatedUsd }: Candidate): number {
  return estimatedUsd ?? Number.MAX_VALUE
}

function reasonOf({ estimatedUsd }: Candidate): string {
  return estimatedUsd === undefined ? 'price unknown' : `about ${estimatedUsd.toFixed(6)} USD`
}
