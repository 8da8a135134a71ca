import type { Config, ListedPrice } from '#config/config.ts'

type Listed = NonNullable<Config['prices']>

/** What the price file says of a target: of its name, else of the pattern that says most of it. */
export function findListed(listed: Listed | undefined, target: string): ListedPrice | undefined {
  if (listed === undefined) return undefined
  const exact = listed.get(target)
  if (exact !== undefined) return exact
  let best: readonly [string, ListedPrice] | undefined
  for (const entry of listed) {
    const [pattern] = entry
    if (pattern.includes('*') && fits(pattern, target) && pattern.length > (best?.[0].length ?? 0)) best = entry
  }
  return best?.[1]
}

function fits(pattern: string, name: string): boolean {
  const expression = pattern.split('*').map(RegExp.escape).join('.*')
  return new RegExp(`^${expression}$`).test(name)
}
