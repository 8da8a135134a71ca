/** Milliseconds of a clock that all processes of the machine share. */
export function sharedNowMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}
