import type { Json, Part, Source } from '#canonical/request.ts'
import { asString, compact } from '#lib/json.ts'
import { mimeOfName, sourceOfUrl } from '../media.ts'
import { BadField, objectAt, optionalString, stringAt } from '../read.ts'

/** The content of a message or of a tool's output: a text or an array of parts. */
export function readContent(content: unknown, param: string): readonly Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  if (!Array.isArray(content)) throw new BadField(param, 'must be a string or an array')
  return content.map((part: unknown, index) => readPart(objectAt(part, `${param}[${index}]`), `${param}[${index}]`))
}

function readPart(part: Json, param: string): Part {
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { kind: 'text', text: stringAt(part['text'], `${param}.text`) }
    case 'refusal':
      return { kind: 'refusal', text: stringAt(part['refusal'], `${param}.refusal`) }
    case 'input_image':
    case 'computer_screenshot':
      return readImage(part, param)
    case 'input_file':
      return readFile(part, param)
    case 'input_audio': {
      const audio = objectAt(part['input_audio'] ?? part, `${param}.input_audio`)
      const data = stringAt(audio['data'], `${param}.input_audio.data`)
      const format = optionalString(audio['format'], `${param}.input_audio.format`) ?? 'wav'
      return { kind: 'audio', source: { kind: 'base64', data }, mime: `audio/${format === 'mp3' ? 'mpeg' : format}` }
    }
    default:
      throw new BadField(
        `${param}.type`,
        `${JSON.stringify(part['type'])} is not known; input_text, input_image, input_file, input_audio, output_text and refusal are`,
      )
  }
}

function readImage(part: Json, param: string): Part {
  const given = asString(part['detail'])
  const detail = given === 'low' || given === 'high' || given === 'auto' || given === 'original' ? given : undefined
  const id = optionalString(part['file_id'], `${param}.file_id`)
  if (id !== undefined) return compact({ kind: 'image', source: { kind: 'file', id, vendor: 'openai' }, detail })
  const { source, mime } = sourceOfUrl(stringAt(part['image_url'], `${param}.image_url`))
  return compact({ kind: 'image', source, mime, detail })
}

function readFile(part: Json, param: string): Part {
  const name = optionalString(part['filename'], `${param}.filename`)
  const id = optionalString(part['file_id'], `${param}.file_id`)
  if (id !== undefined) return compact({ kind: 'file', source: { kind: 'file', id, vendor: 'openai' }, name })
  const url = optionalString(part['file_url'], `${param}.file_url`)
  if (url !== undefined) return compact({ kind: 'file', source: { kind: 'url', url }, mime: mimeOfName(name ?? url), name })
  const data = stringAt(part['file_data'], `${param}.file_data`)
  const { source, mime } = sourceOfUrl(data)
  // Without the `data:` prefix it is plain base64, which some clients send.
  const bare: Source = source.kind === 'url' ? { kind: 'base64', data } : source
  return compact({ kind: 'file', source: bare, mime: mime ?? mimeOfName(name ?? ''), name })
}
