/** Which of the processes that share a port this one is, counted from 0. */
export type GroupShare = { readonly index: number; readonly of: number }

/** This process's part of what all may have together; the parts add up to just that. */
export function partOf(total: number, { index, of }: GroupShare): number {
  return Math.floor(total / of) + (index < total % of ? 1 : 0)
}
