/** Something wrong with a file, at its place. */
export type Problem = {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
  readonly message: string
  readonly hint?: string
  /** A warning does not keep the file from being used. */
  readonly severity: 'error' | 'warning'
}

/** `file:line:column: message (hint)` */
export function formatProblem({ file, line, column, message, hint }: Problem): string {
  return `${file}:${line}:${column}: ${message}${hint === undefined ? '' : ` (${hint})`}`
}

/** `did you mean …?` for the nearest of the known words, if one is near enough to be a slip. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    if (candidate === '') continue
    const distance = editDistance(word, candidate)
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best === undefined ? undefined : `did you mean ${best}?`
}

/** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours count one each. */
function editDistance(left: string, right: string): number {
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, at) => at)]
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= left.length; i++) {
    rows.push([i])
    for (let j = 1; j <= right.length; j++) {
      const replaced = at(i - 1, j - 1) + (left[i - 1] === right[j - 1] ? 0 : 1)
      const swapped =
        left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1] ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY
      rows[i]?.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, swapped))
    }
  }
  return at(left.length, right.length)
}
