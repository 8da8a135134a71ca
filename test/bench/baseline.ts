import { asNumber, asObject, parseJson } from '#lib/json.ts'

type Ratios = Readonly<Record<string, number>>

const allowedLoss = 1.15

/** The text of the baseline with these ratios in place of those of the same names. */
export function withRatios(baseline: string, ratios: Ratios): string {
  const rounded = Object.fromEntries(Object.entries(ratios).map(([name, ratio]) => [name, Number(ratio.toFixed(3))]))
  return `${JSON.stringify({ ...ratiosIn(baseline), ...rounded }, null, 2)}\n`
}

/** What got worse by more than 15 % since the baseline, and what it does not know; each in words. */
export function compare(
  baseline: string,
  ratios: Ratios,
): { readonly losses: readonly string[]; readonly unknown: readonly string[] } {
  const before = ratiosIn(baseline)
  const losses: string[] = []
  const unknown: string[] = []
  for (const [name, now] of Object.entries(ratios)) {
    const then = before[name]
    if (then === undefined) unknown.push(`${name}: ${now.toFixed(2)}, nothing to hold it against yet`)
    else if (!(now <= then * allowedLoss)) losses.push(`${name}: ${now.toFixed(2)}, before ${then.toFixed(2)}`)
  }
  return { losses, unknown }
}

function ratiosIn(baseline: string): Ratios {
  const parsed = parseJson(baseline)
  if (!parsed.ok) throw new Error(`the baseline is not JSON: ${parsed.error}`)
  return Object.fromEntries(
    Object.entries(asObject(parsed.value)).flatMap(([name, value]) => {
      const ratio = asNumber(value)
      return ratio === undefined ? [] : [[name, ratio]]
    }),
  )
}
