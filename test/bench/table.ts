/** A table of figures. */
export type Table = {
  readonly title: string
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
}

export type Column = {
  readonly heading: string
  /** Places behind the point. */
  readonly digits: number
}

/** Undefined: nothing to be measured or compared there. */
export type Row = { readonly name: string; readonly figures: readonly (number | undefined)[] }

/** The table as text, its columns as wide as they need to be. */
export function textOf({ title, columns, rows }: Table): string {
  const lines = [
    ['', ...columns.map(({ heading }) => heading)],
    ...rows.map(({ name, figures }) => [name, ...columns.map(({ digits }, at) => figureOf(figures[at], digits))]),
  ]
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  const texts = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
  return [title, ...texts].join('\n')
}

function figureOf(figure: number | undefined, digits: number): string {
  return figure === undefined || !Number.isFinite(figure) ? '–' : figure.toFixed(digits)
}
