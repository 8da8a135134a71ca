/** What went wrong outside, as one line for the log: the error's own words and those of what caused it, without a stack. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.message || error.name
  return error.cause instanceof Error ? `${own}: ${reasonOf(error.cause)}` : own
}
