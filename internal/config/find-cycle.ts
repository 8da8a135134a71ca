import { type Alias, type Document, isNode, visit } from 'yaml'

/** An alias within its own anchor, such as `&a { b: *a }`: data that holds itself, which nothing can read to its end. */
export function findCycle(document: Document): { readonly alias: string; readonly offset: number } | undefined {
  let found: { readonly alias: string; readonly offset: number } | undefined
  visit(document, {
    Alias(_key, alias: Alias, ancestors) {
      const inItself = ancestors.some((node) => isNode(node) && 'anchor' in node && node.anchor === alias.source)
      if (!inItself) return undefined
      found = { alias: alias.source, offset: alias.range?.[0] ?? 0 }
      return visit.BREAK
    },
  })
  return found
}
