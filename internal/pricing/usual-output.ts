import type { Observer } from '#canonical/observe.ts'

/** How long answers usually are, by route: what a request without a limit of its own will cost. */
export type UsualOutput = {
  readonly observe: Observer
  /** Tokens; undefined while too few answers are known. */
  readonly of: (route: string) => number | undefined
}

// Half of the average comes from the last fourteen answers.
const weightOfNext = 0.05
const fewestAnswers = 5

type Average = { tokens: number; answers: number }

/** Routes are names of the routing file, so that there are few. */
export function createUsualOutput(): UsualOutput {
  const averages = new Map<string, Average>()
  return {
    observe(event) {
      if (event.kind !== 'request_ended' || event.usage === undefined || event.outcome !== 'ok') return
      const tokens = event.usage.output
      const known = averages.get(event.route)
      if (known === undefined) {
        averages.set(event.route, { tokens, answers: 1 })
        return
      }
      known.answers++
      // A plain mean until there are enough answers for a moving one.
      known.tokens += (tokens - known.tokens) * Math.max(weightOfNext, 1 / known.answers)
    },
    of(route) {
      const known = averages.get(route)
      return known === undefined || known.answers < fewestAnswers ? undefined : known.tokens
    },
  }
}
