/** A number with two decimals, as `toFixed` writes it in four times the time; `NaN` and the like as they are. */
export function inHundredths(number: number): string {
  const hundredths = Math.round(Math.abs(number) * 100)
  if (!Number.isSafeInteger(hundredths)) return String(number)
  const rest = hundredths % 100
  const sign = number < 0 && hundredths !== 0 ? '-' : ''
  return `${sign}${(hundredths - rest) / 100}.${rest < 10 ? '0' : ''}${rest}`
}
