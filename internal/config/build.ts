import { parseAddress } from '#lib/address.ts'
import { buildModels } from './build-models.ts'
import { buildProviders } from './build-providers.ts'
import { checkRules } from './check-rules.ts'
import type { Config, StreamConfig } from './config.ts'
import { type Filled, filled } from './filled.ts'
import type { Problem } from './problem.ts'
import { type BuildContext, type Report, reportTo } from './report.ts'
import type { RoutingFileData } from './schema/routing-file.ts'

/** Puts the blocks together and checks what reaches over several of them. */
export function buildConfig(
  data: RoutingFileData,
  context: BuildContext,
): { readonly config: Config; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const report = reportTo(problems, context)
  const file = filled(data)
  const providers = buildProviders(file, context, report)
  const models = buildModels(file, providers, report)
  checkRules(file, report)
  checkAddress(file.listen, 'listen', report)
  checkAddress(file.admin, 'admin', report)
  if (file.retry.backoff.max < file.retry.backoff.base)
    report(['retry', 'backoff', 'max'], 'the longest wait is shorter than the first')
  const { listen, admin, rules, retry, breaker, timeouts, health, limits, log } = file
  const config: Config = {
    path: context.file,
    loadedAtMs: context.nowMs,
    digest: context.digest,
    listen,
    admin,
    providers,
    models,
    rules,
    retry,
    breaker,
    timeouts,
    stream: streamOf(file.stream),
    health,
    limits,
    log,
  }
  return { config, problems }
}

function streamOf({ on_break, hold }: Filled['stream']): StreamConfig {
  const tokens = /^(\d+) tokens$/.exec(hold)?.[1]
  return { on_break, hold: tokens === undefined ? { kind: 'first_token' } : { kind: 'tokens', tokens: Number(tokens) } }
}

function checkAddress(address: string, key: string, report: Report): void {
  const parsed = parseAddress(address)
  if (!parsed.ok) report([key], `${address} ${parsed.error}`)
}
