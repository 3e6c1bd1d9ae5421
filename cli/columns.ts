import stringWidth from 'string-width'

/** Rows of cells as lines: cells of a column begin below each other; numbers, and their heading, end below each other. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length))
  const shapes = Array.from({ length: count }, (_, i) => {
    const cells = rows.map((row) => row[i] ?? '')
    const isNumber = cells.slice(1).some((cell) => cell !== '') && cells.slice(1).every((cell) => /^\d*$/.test(cell))
    return { width: Math.max(...cells.map((cell) => stringWidth(cell))), isNumber }
  })
  return rows.map((row) =>
    shapes
      .map(({ width, isNumber }, i) => padded(row[i] ?? '', width, isNumber))
      .join('  ')
      .trimEnd(),
  )
}

function padded(cell: string, width: number, atEnd: boolean): string {
  const space = ' '.repeat(width - stringWidth(cell))
  return atEnd ? space + cell : cell + space
}
