/** A line for the user, on standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** A line about what went wrong, on standard error. */
export function complain(line: string): void {
  process.stderr.write(`${line}\n`)
}

/**
 * Calls this once when nobody reads our standard output any more, as with `| head`; what is written from then on is lost. Without it the
 * process would end with a stack trace.
 */
export function onUnread(gone: () => void): void {
  let told = false
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error
    if (told) return
    told = true
    gone()
  })
}
