/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('')
}

export const code = (text: string): string => `\`${text}\``

/** `text` as the beginning of a sentence or a cell. */
export const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)
