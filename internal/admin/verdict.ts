import type { Tally } from '#health/series.ts'
import type { ProviderProblem } from './problems.ts'

/** How everything stands, in a sentence. `critical`: a provider is away, or clients get errors. */
export type Verdict = { readonly level: 'ok' | 'warning' | 'critical'; readonly text: string }

export const stateWords: Readonly<Record<ProviderProblem['state'], string>> = {
  down: 'is down',
  failing: 'is failing',
  resting: 'rests',
  recovering: 'is recovering',
  degraded: 'fails now and then',
  probe_failing: 'does not answer probes',
  ok: 'is well',
  idle: 'is idle',
}

/** What clients notice counts more than what a provider does. `clients`: their requests of the last five minutes. */
export function verdictOf(problems: readonly ProviderProblem[], clients: Tally, reloaded: boolean): Verdict {
  const bad = problems.filter(({ state }) => state === 'down' || state === 'failing')
  const reload = reloaded ? '' : 'The last reload of the routing file was refused.'
  const failedRatio = clients.attempts === 0 ? 0 : clients.failed / clients.attempts
  if (clients.failed > 1 && failedRatio >= 0.05) {
    const failed = `${percent(failedRatio)} of client requests failed in the last 5 minutes.`
    return { level: 'critical', text: join(listOf(bad.length > 0 ? bad : problems), failed, reload) }
  }
  const served = clients.attempts === 0 ? '' : 'Clients are served by other targets.'
  if (bad.length > 0) return { level: 'critical', text: join(listOf(bad), served, reload) }
  if (problems.length > 0 || !reloaded) return { level: 'warning', text: join(listOf(problems), reload) }
  if (clients.attempts === 0) return { level: 'ok', text: 'No requests in the last 5 minutes. No provider shows trouble.' }
  return { level: 'ok', text: 'All providers are well.' }
}

function listOf(problems: readonly ProviderProblem[]): string {
  return problems.length === 0 ? '' : `${problems.map(({ provider, state }) => `${provider} ${stateWords[state]}`).join(', ')}.`
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(ratio < 0.1 ? 1 : 0)} %`
}

function join(...sentences: readonly string[]): string {
  return sentences.filter((sentence) => sentence !== '').join(' ')
}
