import { asString, isObject, parseJson } from '#lib/json.ts'

const hidden = new Set(['level', 'time', 'message'])
const marks: Readonly<Record<string, string>> = { trace: '·', debug: '·', info: ' ', warn: '!', error: '✗', fatal: '✗' }

/** A line for people: time, mark, message, and the facts as `key=value`. */
export function prettyLine(line: string): string {
  const parsed = parseJson(line)
  if (!parsed.ok || !isObject(parsed.value)) return line
  const entry = parsed.value
  const time = asString(entry['time'])?.slice(11, 23) ?? ''
  const mark = marks[asString(entry['level']) ?? ''] ?? ' '
  const facts = Object.entries(entry)
    .filter(([key]) => !hidden.has(key))
    .map(([key, value]) => `${key}=${tell(value)}`)
  return `${[time, mark, asString(entry['message']) ?? '', ...facts].join(' ')}\n`
}

function tell(value: unknown): string {
  if (typeof value === 'string') return /[\s"=]/.test(value) || value === '' ? JSON.stringify(value) : value
  if (Array.isArray(value)) return JSON.stringify(value.map(tellItem).join(' → '))
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Of an attempt its facts without their names: `openai/gpt-4.1 ok 200 12.5ms`. */
function tellItem(item: unknown): string {
  if (!isObject(item)) return typeof item === 'string' ? item : JSON.stringify(item)
  return Object.entries(item)
    .map(([key, value]) => (key === 'ms' ? `${value}ms` : String(value)))
    .join(' ')
}
