/** Those of the names that the command line gave (`a,b`), all without any. Ends this process for a name that none has. */
export function choose<T extends { readonly name: string }>(
  what: string,
  all: readonly T[],
  given: string | undefined,
): readonly T[] {
  if (given === undefined) return all
  const names = given.split(',')
  const unknown = names.find((name) => !all.some((one) => one.name === name))
  if (unknown === undefined) return all.filter(({ name }) => names.includes(name))
  console.error(`there is no ${what} ${unknown}; there are ${all.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
