import { checkModelName } from './check-names.ts'
import type { ModelRoute } from './config.ts'
import type { Report } from './report.ts'
import type { Filled } from './schema/routing-file.ts'

/** The model that compares requests must be there, and must be one that makes vectors. */
export function checkCache(data: Filled, models: readonly ModelRoute[], report: Report): void {
  const name = data.cache?.semantic?.model
  if (name === undefined) return
  const path = ['cache', 'semantic', 'model']
  checkModelName(name, data, path, report)
  const targets = models.find((model) => model.name === name)?.targets ?? []
  const without = targets.filter(({ dialect }) => dialect === 'anthropic' || dialect === 'bedrock-converse')
  if (targets.length > 0 && without.length === targets.length) {
    report(path, `${name} has no target that makes embeddings`, { hint: `targets: ${targets.map(({ id }) => id).join(', ')}` })
  }
}
