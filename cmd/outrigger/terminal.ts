/** A line for the user, on standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** A line about what went wrong, on standard error. */
export function complain(line: string): void {
  process.stderr.write(`${line}\n`)
}
