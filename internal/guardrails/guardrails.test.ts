import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type BuiltInName, builtInPattern } from './built-in.ts'
import { passesLuhn, passesMod97 } from './checksums.ts'
import { ownPattern } from './own-pattern.ts'
import { redactJson } from './redact-json.ts'
import { redactStream } from './redact-stream.ts'
import { createRedactor } from './redactor.ts'

const names: readonly BuiltInName[] = ['email', 'phone', 'credit_card', 'iban', 'us_ssn', 'api_key', 'private_key', 'password']
const all = createRedactor(names.map(builtInPattern), '[{name}]')
const redact = (text: string): string => all.redact(text, () => {})

const pem = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEow\n'.repeat(20)}-----END RSA PRIVATE KEY-----`

const cases: readonly (readonly [text: string, redacted: string])[] = [
  ['Write to jane.doe+x@mail.example.co.uk, please.', 'Write to [email], please.'],
  ['jürgen@müller.de', '[email]'],
  ['not@home and @mention', 'not@home and @mention'],
  ['card 4111 1111 1111 1111 12/27', 'card [credit_card] 12/27'],
  ['12 4111-1111-1111-1111', '12 [credit_card]'],
  ['card4111111111111111.', 'card[credit_card].'],
  ['amex 378282246310005', 'amex [credit_card]'],
  ['order 4111111111111112', 'order 4111111111111112'],
  ['DE89 3704 0044 0532 0130 00 und', '[iban] und'],
  ['GB82WEST12345698765432', '[iban]'],
  ['iban NO93 8601 1117 947 word', 'iban [iban] word'],
  ['DE88 3704 0044 0532 0130 00', 'DE88 3704 0044 0532 0130 00'],
  ['SSN 219-09-9999', 'SSN [us_ssn]'],
  ['000-12-3456 and 666-12-3456 and 219-00-1234', '000-12-3456 and 666-12-3456 and 219-00-1234'],
  ['call +49 (30) 1234567 or (415) 555-2671', 'call [phone] or [phone]'],
  ['+1-415-555-2671.', '[phone].'],
  ['in 2024 there were 1500 of 3000', 'in 2024 there were 1500 of 3000'],
  [`key sk-ant-api03-${'a'.repeat(40)} end`, 'key [api_key] end'],
  ['AKIAIOSFODNN7EXAMPLE', '[api_key]'],
  [`ghp_${'a1'.repeat(18)}`, '[api_key]'],
  [`eyJ${'h'.repeat(20)}.eyJ${'p'.repeat(20)}.${'s'.repeat(43)}`, '[api_key]'],
  [`before ${pem} after`, 'before [private_key] after'],
  [pem.slice(0, 80), '[private_key]'],
  ['password: hunter2hunter2, user: x', 'password: [password], user: x'],
  ['"api_key": "abcdef123456"', '"api_key": "[password]"'],
  ['nothing here', 'nothing here'],
]
for (const [text, redacted] of cases) {
  test(`redaction: ${text.slice(0, 60).replaceAll('\n', ' ')}`, () => assert.equal(redact(text), redacted))
}

test('check digits', () => {
  assert.equal(passesLuhn('79927398713'), true)
  assert.equal(passesLuhn('79927398710'), false)
  assert.equal(passesMod97('GB82 WEST 1234 5698 7654 32'), true)
  assert.equal(passesMod97('GB28 WEST 1234 5698 7654 32'), false)
})

test('an own pattern is searched in linear time', () => {
  const evil = createRedactor([ownPattern({ name: 'evil', pattern: '(a+)+b', max_length: 100 })], 'X')
  assert.equal(
    evil.redact(`${'a'.repeat(20_000)}c aab`, () => {}),
    `${'a'.repeat(20_000)}c X`,
  )
})

for (const name of names) {
  test(`no text makes ${name} slow`, () => {
    const { find } = builtInPattern(name)
    // Each is what the pattern waits for, without an end: a backtracking expression would take minutes.
    for (const piece of [
      'a',
      '1',
      '1 ',
      '-',
      'a@',
      'a.',
      '1-',
      'AB12 ',
      'sk-',
      'eyJ',
      '-----BEGIN PRIVATE KEY-----',
      'password=',
      '+1 (',
    ])
      find(`@ ${piece.repeat(40_000 / piece.length)}`)
  })
}

test('of matches that overlap nothing is left to read', () => {
  const one = ownPattern({ name: 'one', pattern: 'abc', max_length: 3 })
  const two = ownPattern({ name: 'two', pattern: 'cde', max_length: 3 })
  assert.equal(
    createRedactor([one, two], '#').redact('xabcdey', () => {}),
    'x##y',
  )
})

/** The text in pieces of these lengths, over and over. */
function streamed(text: string, lengths: readonly number[]): string {
  const stream = redactStream(all, () => {})
  let written = ''
  let at = 0
  for (let piece = 0; at < text.length; piece++) {
    const length = Math.max(1, lengths[piece % lengths.length] ?? 1)
    written += stream.push(text.slice(at, at + length))
    at += length
  }
  return written + stream.flush()
}

for (const [text, redacted] of cases) {
  test(`in a stream, letter by letter: ${text.slice(0, 50).replaceAll('\n', ' ')}`, () =>
    assert.equal(streamed(text, [1]), redacted))
}

test('a stream is redacted as the whole text is, wherever its pieces end', () => {
  const word = fc.constantFrom(...cases.map(([text]) => text), 'Hello', 'the', '12', '4111', '@', '-', '\n', 'password:')
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }),
      (words, lengths) => {
        const text = words.join(' ')
        assert.equal(streamed(text, lengths), redact(text))
      },
    ),
    { numRuns: 300 },
  )
})

test('plain words are held back no longer than the word', () => {
  const stream = redactStream(all, () => {})
  assert.equal(stream.push('The quick brown fo'), 'The quick brown ')
  assert.equal(stream.push('x jumps. '), 'fox jumps. ')
})

test('texts of a request are redacted wherever they are; names, bytes and what is signed stay', () => {
  const mail = 'a@b.com'
  const body = {
    model: mail,
    messages: [
      { role: 'user', content: mail, name: mail },
      {
        role: 'user',
        content: [
          { type: 'text', text: mail },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${mail}` } },
        ],
      },
      {
        role: 'assistant',
        tool_calls: [{ id: mail, function: { name: mail, arguments: `{"to":"${mail}","n":4111111111111111,"id":"${mail}"}` } }],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: mail, signature: mail },
          { type: 'tool_use', id: mail, input: { id: mail, deep: [mail] } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'document', source: { type: 'text', data: mail } },
          { type: 'document', source: { type: 'base64', data: mail } },
        ],
      },
    ],
    max_tokens: 4_111_111_111_111_111,
    user: mail,
    metadata: { name: mail, id: mail },
    tools: [{ name: 't', input_schema: { properties: { name: { type: 'string', description: mail } } } }],
  }
  const copy = structuredClone(body)
  const written = redactJson(body, redact)?.value
  assert.deepEqual(body, copy)
  assert.deepEqual(written, {
    model: mail,
    messages: [
      { role: 'user', content: '[email]', name: mail },
      {
        role: 'user',
        content: [
          { type: 'text', text: '[email]' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${mail}` } },
        ],
      },
      {
        role: 'assistant',
        tool_calls: [{ id: mail, function: { name: mail, arguments: '{"to":"[email]","n":"[credit_card]","id":"[email]"}' } }],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: mail, signature: mail },
          { type: 'tool_use', id: mail, input: { id: '[email]', deep: ['[email]'] } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'document', source: { type: 'text', data: '[email]' } },
          { type: 'document', source: { type: 'base64', data: mail } },
        ],
      },
    ],
    max_tokens: 4_111_111_111_111_111,
    user: '[email]',
    metadata: { name: '[email]', id: '[email]' },
    tools: [{ name: 't', input_schema: { properties: { name: { type: 'string', description: '[email]' } } } }],
  })
})

test('names within arguments are content, and stay as many as they were; those of a schema are names', () => {
  const people = { 'a@b.com': 1, 'c@d.com': { 'e@f.com': 'x' }, other: 2 }
  const schema = { properties: { 'a@b.com': { type: 'string' } } }
  const body = {
    messages: [
      { content: [{ type: 'tool_use', id: 't', name: 'f', input: people }] },
      { tool_calls: [{ function: { name: 'f', arguments: JSON.stringify(people) } }] },
      { parts: [{ functionResponse: { name: 'f', response: people } }] },
    ],
    tools: [{ name: 'f', input_schema: schema }],
  }
  const redacted = { '[email]': 1, '[email] 2': { '[email]': 'x' }, other: 2 }
  assert.deepEqual(redactJson(body, redact)?.value, {
    messages: [
      { content: [{ type: 'tool_use', id: 't', name: 'f', input: redacted }] },
      { tool_calls: [{ function: { name: 'f', arguments: JSON.stringify(redacted) } }] },
      { parts: [{ functionResponse: { name: 'f', response: redacted } }] },
    ],
    tools: [{ name: 'f', input_schema: schema }],
  })
})

test('reasoning is left alone where it is signed, and nowhere else', () => {
  const signed = [
    { type: 'thinking', thinking: 'a@b.com', signature: 's' },
    { type: 'redacted_thinking', data: 'a@b.com' },
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'a@b.com' }], encrypted_content: 'e' },
  ]
  assert.equal(redactJson(signed, redact)?.value, signed)
  const unsigned = [
    { type: 'thinking', thinking: [{ type: 'text', text: 'a@b.com' }] },
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'a@b.com' }], encrypted_content: null },
  ]
  assert.deepEqual(redactJson(unsigned, redact)?.value, [
    { type: 'thinking', thinking: [{ type: 'text', text: '[email]' }] },
    { type: 'reasoning', summary: [{ type: 'summary_text', text: '[email]' }], encrypted_content: null },
  ])
})

test('a text that only begins like bytes is a text', () => {
  const body = { messages: [{ content: 'data: a@b.com' }, { content: [{ image_url: 'data: a@b.com' }] }] }
  assert.deepEqual(redactJson(body, redact)?.value, {
    messages: [{ content: 'data: [email]' }, { content: [{ image_url: 'data: [email]' }] }],
  })
})

test('what has nothing to redact stays the same object; what is nested too deeply is not looked into', () => {
  const body = { messages: [{ role: 'user', content: 'hello' }] }
  assert.equal(redactJson(body, redact)?.value, body)
  let deep: unknown = 'a@b.com'
  for (let depth = 0; depth < 600; depth++) deep = [deep]
  assert.equal(redactJson({ deep }, redact), undefined)
})
