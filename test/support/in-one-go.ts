/** What a relay's process is told to run first: it says when a large text is read or written as JSON in one go. */
const telling = `
  const { parse, stringify } = JSON
  const tell = (what, text) => text?.length > 1_000_000 && console.error('in one go: ' + what + ' ' + text.length)
  JSON.parse = (text, ...rest) => (tell('parse', text), parse(text, ...rest))
  JSON.stringify = (...given) => { const text = stringify(...given); tell('stringify', text); return text }`

/** The environment of a relay that logs `in one go: parse` or `in one go: stringify` when it does that with a megabyte. */
export const tellsWhatIsInOneGo = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(telling)}` }
