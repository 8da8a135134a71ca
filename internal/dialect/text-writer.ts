/**
 * Writes what differs in one text only: the deltas of a running answer. `written` is it with an empty text in this field, which is the
 * last of that name. Putting the text between two known strings costs a fraction of writing the whole object as JSON again.
 */
export function textWriter(written: string, field: string): (text: string) => string {
  const empty = `"${field}":""`
  const found = written.lastIndexOf(empty)
  if (found < 0) throw new Error(`there is no empty ${field} in ${written}`)
  const at = found + empty.length
  const before = written.slice(0, at - 2)
  const after = written.slice(at)
  return (text) => before + JSON.stringify(text) + after
}
