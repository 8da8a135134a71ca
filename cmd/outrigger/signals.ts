/**
 * Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. As process 1 of a container a signal
 * without a handler is ignored, so all of them are installed.
 */
export function onceStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let stopping = false
    const stop = (signal: NodeJS.Signals): void => {
      if (stopping) process.exit(130)
      stopping = true
      resolve(signal)
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  })
}
