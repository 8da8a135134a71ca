/** Something the client asked for that the target cannot take. Named, so that nothing is lost in silence. */
export type Loss = {
  /** The field in the client's own spelling: `logit_bias`, `tools[2]`, `messages[1].name`. */
  readonly field: string
  /**
   * `drop`: the answer stays what was asked for (a hint, a default, sampling) and the field is listed in
   * `x-outrigger-dropped`. `refuse`: the answer would mean something else, so the target cannot serve the request.
   */
  readonly severity: 'drop' | 'refuse'
  readonly reason: string
}
