import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

/** A fenced block of a page. */
export type Block = { readonly file: string; readonly line: number; readonly language: string; readonly text: string }

/** The pages that people read, by their path from the root. */
export function pages(): readonly string[] {
  const folder = (path: string): readonly string[] =>
    readdirSync(join(root, path))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(path, name))
  return [...folder('.'), ...folder('docs'), ...folder('docs/decisions'), ...folder('.github/ISSUE_TEMPLATE')]
}

export function textOf(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/** The fenced blocks of a page; those of a list lose its indent. */
export function blocksOf(file: string): readonly Block[] {
  const blocks: Block[] = []
  let open: { readonly indent: string; readonly language: string; readonly line: number; readonly lines: string[] } | undefined
  for (const [at, line] of textOf(file).split('\n').entries()) {
    const fence = /^(\s*)```(\w*)/.exec(line)
    if (fence === null) {
      open?.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line)
      continue
    }
    if (open === undefined) open = { indent: fence[1] ?? '', language: fence[2] ?? '', line: at + 1, lines: [] }
    else {
      blocks.push({ file, line: open.line, language: open.language, text: open.lines.join('\n') })
      open = undefined
    }
  }
  return blocks
}
