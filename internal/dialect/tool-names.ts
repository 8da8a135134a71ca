import type { Request } from '#canonical/request.ts'
import { shortHash } from './media.ts'

/** Names of tools at the provider; `restore` has those that had to be changed. */
export type ToolNames = {
  readonly toProvider: (name: string) => string
  readonly restore: ReadonlyMap<string, string>
}

/**
 * Writes tool names so that the provider takes them: characters outside `allowed` become `_`, names that are too long are
 * cut, and a hash keeps them apart. The same name gives the same result in every turn.
 */
export function toolNames(request: Request, allowed: RegExp, maxLength: number): ToolNames {
  const changed = new Map<string, string>()
  const restore = new Map<string, string>()
  const write = (name: string): string => {
    if (allowed.test(name) && name.length <= maxLength) return name
    const known = changed.get(name)
    if (known !== undefined) return known
    const clean = name.replace(/[^a-zA-Z0-9_-]/g, '_').replace(/^[^a-zA-Z_]/, '_')
    const written = `${clean.slice(0, maxLength - 7)}_${shortHash(name, 6)}`
    changed.set(name, written)
    restore.set(written, name)
    return written
  }
  for (const tool of request.tools) if (tool.kind !== 'builtin') write(tool.name)
  return { toProvider: write, restore }
}
