/** Where an answer shall end: what the provider is told, and what it does not take. */
export type StopSequences = {
  readonly sent: readonly string[]
  /** The relay itself ends the answer before the first of them. */
  readonly cutAt: readonly string[]
}

/**
 * Stop sequences by who looks for them. Empty ones mean nothing.
 * @param takes whether the provider takes the sequence at this place of the list
 */
export function stopSequences(
  stop: readonly string[] | undefined,
  takes: (sequence: string, index: number) => boolean,
): StopSequences {
  const asked = (stop ?? []).filter((sequence) => sequence !== '')
  return { sent: asked.filter(takes), cutAt: asked.filter((sequence, index) => !takes(sequence, index)) }
}

/** For the encoded request: nothing where the provider looks for all of them. */
export function cutAtOf({ cutAt }: StopSequences): { readonly cutAt?: readonly string[] } {
  return cutAt.length === 0 ? {} : { cutAt }
}
