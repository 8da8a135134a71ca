/** Takes turns: A B A B, so that what the machine does meanwhile meets all of them. Gives each one's samples. */
export async function inTurns<T, Sample>(
  items: readonly T[],
  rounds: number,
  take: (item: T) => Sample | Promise<Sample>,
): Promise<ReadonlyMap<T, readonly Sample[]>> {
  const taken = new Map<T, Sample[]>(items.map((item) => [item, []]))
  for (let round = 0; round < rounds; round++) {
    for (const item of items) taken.get(item)?.push(await take(item))
  }
  return taken
}

/** The middle of one number of all samples; NaN when there are none. */
export function median<Sample>(samples: readonly Sample[], pick: (sample: Sample) => number): number {
  return samples.map(pick).sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN
}
