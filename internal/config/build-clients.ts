import type { BuildContext } from './build-context.ts'
import { buildSecret } from './build-secret.ts'
import { checkModelName } from './check-names.ts'
import type { ClientConfig } from './config.ts'
import { reportRepeated } from './repeated.ts'
import type { Filled } from './schema/routing-file.ts'

/** The block `clients`: virtual keys. */
export function buildClients(data: Filled, context: BuildContext): readonly ClientConfig[] {
  const clients = data.clients.map((client, index): ClientConfig => {
    const path = ['clients', String(index)]
    for (const [at, model] of (client.models ?? []).entries()) {
      checkModelName(model, data, [...path, 'models', String(at)], context.report)
    }
    const { key, keys, ...rest } = client
    const given = [
      ...(key === undefined ? [] : [buildSecret(key, [...path, 'key'], context)]),
      ...(keys ?? []).map((one, at) => buildSecret(one, [...path, 'keys', String(at)], context)),
    ]
    if (given.length === 0) context.report(path, `${client.name} has no key: give it \`key\` or \`keys\``)
    if (client.expires !== undefined && Number.isNaN(Date.parse(client.expires))) {
      context.report([...path, 'expires'], `${client.expires} is no day of the calendar`)
    }
    return { ...rest, keys: given }
  })
  reportRepeated(clients, { path: ['clients'], field: 'name', what: 'client', report: context.report })
  checkKeys(clients, context)
  return clients
}

/** A key that two clients share would make one of them the other; an empty one would let in who has none. */
function checkKeys(clients: readonly ClientConfig[], { report }: BuildContext): void {
  const owners = new Map<string, string>()
  for (const [index, { name, keys }] of clients.entries()) {
    const path = ['clients', String(index)]
    for (const key of keys) {
      const value = key.reveal()
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
