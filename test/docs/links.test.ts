import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { pages, root, textOf } from './blocks.ts'

/** As GitHub makes them of headings. */
function anchorsOf(file: string): ReadonlySet<string> {
  const headings = textOf(file).match(/^#+ .+$/gm) ?? []
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

for (const file of pages()) {
  test(`docs: the links of ${file} lead somewhere`, () => {
    const plain = textOf(file).replace(/```[\s\S]*?```/g, '')
    const targets = [...plain.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)].map((match) => match[1] ?? match[2] ?? '')
    const broken = targets
      .filter((target) => !/^(?:https?:|mailto:)/.test(target))
      .filter((target) => {
        const [path = '', anchor] = target.split('#', 2)
        const full = path === '' ? file : join(dirname(file), path)
        if (!existsSync(join(root, full))) return true
        return anchor !== undefined && full.endsWith('.md') && !anchorsOf(full).has(anchor)
      })
    assert.deepEqual(broken, [])
  })
}
