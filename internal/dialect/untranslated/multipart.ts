/** Where a form field's value lies in a multipart body. */
export type FieldPlace = { readonly start: number; readonly end: number; readonly value: string }

/** The boundary that a `multipart/form-data` content type names; undefined for every other type. RFC 7578, RFC 2046 §5.1. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) return undefined
  const match = /;\s*boundary=(?:"(?<quoted>[^"]{1,200})"|(?<plain>[^\s;]{1,200}))/i.exec(contentType)
  return match?.groups?.['quoted'] ?? match?.groups?.['plain']
}

const blankLine = Buffer.from('\r\n\r\n')

/** Finds a plain field (not a file) of a form without touching the rest; undefined when the form has none of that name. */
export function findField(body: Buffer, boundary: string, name: string): FieldPlace | undefined {
  const delimiter = Buffer.from(`--${boundary}`)
  let at = body.indexOf(delimiter)
  while (at !== -1) {
    const headStart = at + delimiter.length
    const headEnd = body.indexOf(blankLine, headStart)
    const next = body.indexOf(Buffer.concat([Buffer.from('\r\n'), delimiter]), headStart)
    if (headEnd === -1 || next === -1) return undefined
    if (headEnd < next && isField(body.toString('latin1', headStart, headEnd), name)) {
      const start = headEnd + blankLine.length
      return { start, end: next, value: body.toString('utf8', start, next) }
    }
    at = next + 2
  }
  return undefined
}

function isField(head: string, name: string): boolean {
  const disposition = /^content-disposition:(?<rest>.*)$/im.exec(head)?.groups?.['rest'] ?? ''
  if (/;\s*filename\*?=/i.test(disposition)) return false
  const match = /;\s*name=(?:"(?<quoted>[^"]*)"|(?<plain>[^\s;]+))/i.exec(disposition)
  return (match?.groups?.['quoted'] ?? match?.groups?.['plain']) === name
}

/** The body with other text in the field's place. */
export function replaceField(body: Buffer, { start, end }: FieldPlace, value: string): Buffer {
  return Buffer.concat([body.subarray(0, start), Buffer.from(value), body.subarray(end)])
}
