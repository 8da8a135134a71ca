import { compact } from '#lib/json.ts'
import type { BuildContext } from './build-context.ts'
import { buildSecret } from './build-secret.ts'
import { checkModelName } from './check-names.ts'
import type { ClientConfig, ClientKey } from './config.ts'
import type { Report } from './report.ts'
import type { BudgetConfig, ClientEntry, TermsConfig } from './schema/clients.ts'
import type { Filled } from './schema/routing-file.ts'

/** A list of clients, and where its mistakes are told. */
type Source = { readonly entries: readonly ClientEntry[]; readonly path: readonly string[]; readonly report: Report }

/** The virtual keys of the block `clients` and of `clients_file`. */
export function buildClients(data: Filled, context: BuildContext): readonly ClientConfig[] {
  const { clientsFile } = context
  const sources: readonly Source[] = [
    { entries: data.clients, path: ['clients'], report: context.report },
    ...(clientsFile === undefined ? [] : [{ entries: clientsFile.entries, path: [], report: clientsFile.report }]),
  ]
  const clients: ClientConfig[] = []
  const check = createDoubleCheck()
  for (const { entries, path, report } of sources) {
    for (const [index, entry] of entries.entries()) {
      const place = [...path, String(index)]
      const client = buildClient(entry, place, { ...context, report }, data)
      check(client, place, report)
      clients.push(client)
    }
  }
  return clients
}

function buildClient(entry: ClientEntry, path: readonly string[], context: BuildContext, data: Filled): ClientConfig {
  const { report } = context
  const { name, key, keys, expires } = entry
  const given: ClientKey[] = key === undefined ? [] : [{ secret: buildSecret(key, [...path, 'key'], context) }]
  for (const [at, one] of (keys ?? []).entries()) {
    const place = [...path, 'keys', String(at)]
    if (typeof one === 'string') given.push({ secret: buildSecret(one, place, context) })
    else {
      given.push({ secret: buildSecret(one.key, [...place, 'key'], context), until: one.until })
      checkDay(one.until, [...place, 'until'], report)
    }
  }
  if (given.length === 0) report(path, `${name} has no key: give it \`key\` or \`keys\``)
  if (expires !== undefined) checkDay(expires, [...path, 'expires'], report)
  return compact({ ...buildTerms(entry, path, { ...context, data }), name, keys: given, expires })
}

type TermsContext = Pick<BuildContext, 'report'> & { readonly data: Filled }

/** What a client may do, with its budgets as a list. */
export function buildTerms(
  { tier, tags, models, max_concurrent, rpm, tpm, budget }: Omit<TermsConfig, 'budgets'> & Pick<ClientEntry, 'budget'>,
  path: readonly string[],
  { report, data }: TermsContext,
): TermsConfig {
  for (const [at, model] of (models ?? []).entries()) checkModelName(model, data, [...path, 'models', String(at)], report)
  const budgets: readonly BudgetConfig[] | undefined = budget === undefined || Array.isArray(budget) ? budget : [budget]
  const periods = new Set<string>()
  for (const { per } of budgets ?? []) {
    if (periods.has(per)) report([...path, 'budget'], `a second budget for each ${per}`)
    periods.add(per)
  }
  return compact({ tier, tags, models, max_concurrent, rpm, tpm, budgets })
}

function checkDay(text: string, path: readonly string[], report: Report): void {
  if (Number.isNaN(Date.parse(text))) report(path, `${text} is no day of the calendar`)
}

/** A key that two clients share would make one of them the other; an empty one would let in who has none. */
function createDoubleCheck(): (client: ClientConfig, path: readonly string[], report: Report) => void {
  const names = new Set<string>()
  const owners = new Map<string, string>()
  return ({ name, keys }, path, report) => {
    if (names.has(name)) report([...path, 'name'], `a second client named ${name}`)
    names.add(name)
    for (const { secret } of keys) {
      const value = secret.reveal()
      if (value === '') {
        report(path, `the key of ${name} is empty: it lets nobody in`, { severity: 'warning' })
        continue
      }
      const owner = owners.get(value)
      if (owner !== undefined) report(path, `${name} has the same key as ${owner}`)
      else owners.set(value, name)
    }
  }
}
