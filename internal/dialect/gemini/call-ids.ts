import { shortHash } from '../media.ts'

/** Ids of calls and of their results, in the order of a conversation. */
export type CallIds = {
  /** A model's turn begins after a user's: calls that were not answered by then never are. */
  readonly beginTurn: (model: boolean) => void
  readonly forCall: (name: string, given: string | undefined) => string
  /** `name` is empty when the client left it out. */
  readonly forResult: (name: string, given: string | undefined) => { readonly id: string; readonly name: string }
}

/**
 * Gemini's clients may leave ids out, which all others need. They are made of name and place, so that they are the same in
 * every turn: caches depend on it. Results without ids belong to the calls of their name in the order of the calls.
 */
export function createCallIds(): CallIds {
  const names = new Map<string, string>()
  const waiting = new Map<string, string[]>()
  let count = 0
  let inModel = false

  const idOfResult = (name: string, given: string | undefined): string => {
    const queue = waiting.get(name) ?? []
    const known = given !== undefined && names.has(given)
    const id = known ? given : (queue[0] ?? given ?? `call_${shortHash(`${count++} ${name}`, 20)}`)
    const place = queue.indexOf(id)
    if (place >= 0) queue.splice(place, 1)
    return id
  }
  return {
    beginTurn(model) {
      if (model && !inModel) waiting.clear()
      inModel = model
    },
    forCall(name, given) {
      const id = given ?? `call_${shortHash(`${count} ${name}`, 20)}`
      count++
      names.set(id, name)
      const queue = waiting.get(name)
      if (queue === undefined) waiting.set(name, [id])
      else queue.push(id)
      return id
    },
    forResult(name, given) {
      const called = name === '' && given !== undefined ? (names.get(given) ?? '') : name
      return { id: idOfResult(called, given), name: called }
    },
  }
}
