/** Exit codes, one table for all commands. */
export const exitCodes = {
  ok: 0,
  /** The command did its work and the answer is no: a routing file with problems, an unhealthy relay. */
  failed: 1,
  /** The command line could not be understood. */
  usage: 2,
  /** The routing file could not be read or has problems, so that nothing was started. */
  config: 78,
  /** A port could not be opened. */
  listen: 69,
} as const
