import type { Loss } from '#canonical/loss.ts'
import type { Meaning, Turn } from './meaning.ts'

/** What a request lost or changed on its way, as one line each. What was named as a loss is no difference. */
export function meaningDifferences(asked: Meaning, sent: Meaning, losses: readonly Loss[]): readonly string[] {
  const named = (word: RegExp): boolean => losses.some(({ field }) => word.test(field))
  const found: string[] = []
  const check = (what: string, left: unknown, right: unknown): void => {
    const [a, b] = [JSON.stringify(left) ?? 'nothing', JSON.stringify(right) ?? 'nothing']
    if (a !== b) found.push(`${what}: ${clip(a)} asked, ${clip(b)} sent`)
  }
  const [wanted, got] = [withoutOpening(asked), withoutOpening(sent)]
  // Where a target has no JSON mode, does not take this schema, or wants the word JSON in the prompt, instructions are added behind the client's own.
  const system = asked.schema !== undefined && got.system.startsWith(wanted.system) ? wanted.system : got.system
  check('system', wanted.system, system)
  const told = got.turns.map((turn) => withoutHeads(turn, asked.documents))
  found.push(...turnDifferences(comparable(wanted.turns), comparable(told)))
  check('images', asked.images, sent.images)
  check('files', asked.files, sent.files)
  const [choice, chosen] = [effectiveTools(asked), effectiveTools(sent)]
  const mayNotBeCalled = sent.toolChoice === 'none' || sent.tools.every((line) => line.endsWith('Notavailableanymore.'))
  const declaredForHistory = asked.tools.length === 0 && mayNotBeCalled && asked.turns.some(({ kind }) => kind === 'call')
  // Converse has no word for it: tools that may not be called are not shown.
  const notShown = asked.toolChoice === 'none' && sent.tools.length === 0
  // Anthropic refuses a conversation with calls but without tools: they are declared and may not be called.
  if (!declaredForHistory && !notShown) {
    check('tools', choice.tools, chosen.tools)
    if (!named(/tool_?(choice|config)/i)) check('tool choice', choice.mode, chosen.mode)
  }
  // Anthropic wants a limit always; what was asked for must arrive.
  if (asked.maxOutput !== undefined && !named(/max/i)) check('limit', asked.maxOutput, sent.maxOutput)
  if (!named(/stop/i)) check('stop', asked.stop, sent.stop)
  if (!named(/temperature/i)) check('temperature', asked.temperature, sent.temperature)
  if (!named(/top_?p/i)) check('top_p', asked.topP, sent.topP)
  // Calling several at once is what comes without the field.
  if (!named(/parallel/)) check('parallel calls', asked.parallel ?? true, sent.parallel ?? true)
  if (!named(/format|schema|mime/i)) check('schema', asked.schema, sent.schema)
  return found
}

/** A document that became text has its title, or the word for one, before it. */
function withoutHeads(turn: Turn, documents: Meaning['documents']): Turn {
  let { text } = turn
  for (const document of documents) {
    const at = document.text === '' ? -1 : text.indexOf(document.text)
    const before = text.slice(0, Math.max(0, at))
    const head = [...document.heads, 'Document'].find((known) => before.endsWith(`${known}:`) || before.endsWith(known))
    if (at >= 0 && head !== undefined) text = before.replace(/:$/, '').slice(0, -head.length) + text.slice(at)
  }
  return { ...turn, text }
}

/** A dialect without a choice among some tools sends only those: the same choice. */
function effectiveTools({ tools, toolChoice }: Meaning): { readonly tools: readonly string[]; readonly mode: string } {
  const [mode = 'auto', names] = (toolChoice ?? 'auto').split(':')
  if (names === undefined || mode === 'one') return { tools, mode: toolChoice ?? 'auto' }
  return { tools: tools.filter((line) => names.split(',').includes(line.split('{')[0] ?? '')), mode }
}

/** Conversations that must begin with a user: a lone system text becomes that user's, and a full stop stands in for none. */
function withoutOpening({ system, turns }: Meaning): Pick<Meaning, 'system' | 'turns'> {
  const [first, ...rest] = turns
  if (first?.kind === 'user' && first.text === '.') return { system, turns: rest }
  return turns.length === 0 ? { system: '', turns: [{ kind: 'user', text: system }] } : { system, turns }
}

/** Without what the dialects' lack of a place makes the relay write in words. */
function comparable(turns: readonly Turn[]): readonly Turn[] {
  const merged: Turn[] = []
  for (const turn of turns) {
    const last = merged.at(-1)
    const text = turn.text.replace(notes, '').replace(/<\/?system>/g, '')
    if (turn.kind === 'call') merged.push(turn)
    else if (turn.kind === 'result') merged.push({ ...turn, text: text.replace(/^\{\}$/, '') })
    else {
      // Instructions in the middle stay where they are, as a user's where the dialect knows no other.
      const kind = turn.kind === 'system' ? 'user' : turn.kind
      if (last?.kind === kind) merged[merged.length - 1] = { kind, text: last.text + text }
      else if (text !== '') merged.push({ kind, text })
    }
  }
  return merged
}

// The heading of media that came in a tool's result, and the wish that stands for a prefilled answer.
const notes = /Attachmentsofthetoolresultsabove:|Continueexactlywhereyourlastmessagestops\.Repeatnothingofit\.|^Seethedocument\./g

function turnDifferences(asked: readonly Turn[], sent: readonly Turn[]): readonly string[] {
  const show = (turn: Turn | undefined): string => (turn === undefined ? 'nothing' : clip(Object.values(turn).join(' ')))
  for (let at = 0; at < Math.max(asked.length, sent.length); at++) {
    const [a, b] = [asked[at], sent[at]]
    if (JSON.stringify(a) !== JSON.stringify(b)) return [`turn ${at}: ${show(a)} asked, ${show(b)} sent`]
  }
  return []
}

function clip(text: string): string {
  return text.length > 90 ? `${text.slice(0, 90)}…(${text.length})` : text
}
