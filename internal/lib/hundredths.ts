/** A number with two decimals, as `toFixed` writes it in four times the time; `NaN` and the like as they are. */
export function inHundredths(number: number): string {
  const hundredths = Math.round(Math.abs(number) * 100)
  if (!Number.isSafeInteger(hundredths)) return String(number)
  const rest = hundredths % 100
  const text = (hundredths - rest) / 100 + (decimals[rest] ?? '')
  return number < 0 && hundredths !== 0 ? `-${text}` : text
}

const decimals = Array.from({ length: 100 }, (_, rest) => `.${String(rest).padStart(2, '0')}`)
