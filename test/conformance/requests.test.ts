import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { hasAllRecordings, readRecordings } from '../support/recordings.ts'
import { meaningDifferences } from './meaning-differences.ts'
import { type Family, families, type Matrix, startMatrix } from './request-matrix.ts'

const endings = [/\/chat\/completions$/, /\/responses$/, /\/messages$/, /:(generateContent|streamGenerateContent)$/]
const recordings = readRecordings(families.map(({ api }) => api)).filter(
  // What the provider refused as malformed means nothing; Cohere's chat is a dialect of its own.
  ({ request, response, provider }) =>
    request !== undefined &&
    response.status === 200 &&
    provider !== 'cohere' &&
    // Of some only the answer is known.
    Object.keys(request.body).length > 0 &&
    endings.some((ending) => ending.test(request.path.split('?')[0] ?? '')),
)

type Cell = { equal: number; readonly failed: string[]; readonly refused: Map<string, number> }

let matrix: Matrix

before(async () => {
  matrix = await startMatrix()
})
after(async () => {
  await matrix?.close()
})

test('every recorded request means the same at a provider of each other family', async (t) => {
  if (!hasAllRecordings)
    t.diagnostic('the whole collection of recordings is not beside the repository: only the chosen ones are sent')
  const cells = new Map<string, Cell>()
  await Promise.all(families.map((target) => fillColumn(cells, target)))
  for (const [name, { equal, failed, refused }] of [...cells].sort()) {
    const compared = equal + failed.length
    const reasons = [...refused].map(([reason, count]) => `${count} × ${reason}`)
    const percent = ((100 * equal) / compared).toFixed(2)
    t.diagnostic(`${name}: ${equal} of ${compared} equal (${percent} %), ${sum(refused)} refused with a reason`)
    for (const line of failed) t.diagnostic(`  differs in ${name}: ${line}`)
    for (const reason of reasons) t.diagnostic(`  refused in ${name}: ${reason}`)
  }
  assert.equal(cells.size, 16)
  assert.ok(recordings.length >= (hasAllRecordings ? 1300 : 20), `only ${recordings.length} requests were compared`)
  for (const [name, { equal, failed, refused }] of cells) {
    assert.deepEqual(failed, [], name)
    // Gemini's recordings hold much audio and many files at Google, which no other family takes.
    if (hasAllRecordings) assert.ok(sum(refused) / (equal + sum(refused)) < 0.2, `${name}: ${sum(refused)} refused`)
  }
})

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0)
}

/** Every request of the other families, one after another. */
async function fillColumn(cells: Map<string, Cell>, target: Family): Promise<void> {
  for (const recording of recordings) {
    const source = families.find(({ api }) => api === recording.api)
    if (source === undefined || source === target) continue
    const name = `${source.dialect} → ${target.dialect}`
    const cell: Cell = cells.get(name) ?? { equal: 0, failed: [], refused: new Map() }
    cells.set(name, cell)
    const { body, losses } = await matrix.send(recording, source, target)
    const [refusal] = losses.filter(({ severity }) => severity === 'refuse')
    if (refusal !== undefined || body === undefined) {
      const reason = (refusal?.reason ?? 'nothing was sent').replace(/^.*cannot take /, '').replace(/\[\d+\]/g, '[]')
      cell.refused.set(reason, (cell.refused.get(reason) ?? 0) + 1)
      continue
    }
    const asked = source.read(recording.request?.body ?? {})
    const sent = target.read(body)
    const problems = meaningDifferences(asked, target.noStop === true ? { ...sent, stop: asked.stop } : sent, losses)
    if (problems.length === 0) cell.equal++
    else
      cell.failed.push(
        `${recording.provider}/${recording.name}: ${problems.join('; ')} [${losses.map(({ field }) => field).join(', ')}]`,
      )
  }
}
