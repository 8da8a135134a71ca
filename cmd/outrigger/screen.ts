/** The other screen of a terminal, where something is drawn again and again; what was there before comes back. */
export type Screen = {
  readonly draw: (lines: readonly string[]) => void
  readonly close: () => void
}

// The other screen, without a cursor, and lines that are cut at the edge.
const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l'
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l'
const home = '\u001b[H'
const clearRight = '\u001b[K'
const clearBelow = '\u001b[J'

/** `rows` tells how many lines there is place for. */
export function openScreen(write: (text: string) => void, rows: () => number): Screen {
  write(enter)
  return {
    draw(lines) {
      // A line too many would scroll the first away. Drawing over the old lines does not flicker.
      const visible = lines.slice(0, Math.max(1, rows()))
      write(`${home}${visible.join(`${clearRight}\n`)}${clearRight}${clearBelow}`)
    },
    close: () => write(leave),
  }
}
