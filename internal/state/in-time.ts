/** Waited for longer than allowed. */
export class LateError extends Error {
  override readonly name = 'LateError'
}

/** The promise's value, or an error when it takes longer. */
export async function inTime<T>(promise: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>()
  // After a stall of our own the timer is due before the answer is read, which may lie there already: it gets one look.
  const timer = setTimeout(() => setImmediate(() => late.reject(new LateError(`no answer within ${ms} ms`))), ms)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
