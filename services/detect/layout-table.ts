import type { Layout } from '../rules/engine/layout.ts'
import type { ZoneTable } from './zone-table.ts'

/** Layouts by the numbers that records carry. They are kept with the state, and the zones' numbers with them. */
export class LayoutTable {
  private readonly zones: ZoneTable
  private layouts: { readonly text: string; readonly layout: Layout }[] = []
  private text: string | undefined
  private zonesTold = 0

  constructor(zones: ZoneTable) {
    this.zones = zones
  }

  get count(): number {
    return this.layouts.length
  }

  at(number: number): Layout {
    return (this.layouts[number] as { readonly layout: Layout }).layout
  }

  numberOf(layout: Layout): number {
    const text = JSON.stringify(layout)
    const known = this.layouts.findIndex((candidate) => candidate.text === text)
    if (known >= 0) return known
    this.text = undefined
    return this.layouts.push({ text, layout }) - 1
  }

  get note(): string {
    const { names } = this.zones
    if (this.text === undefined || names.length !== this.zonesTold) {
      this.zonesTold = names.length
      this.text = JSON.stringify({ zones: names, layouts: this.layouts.map(({ layout }) => layout) })
    }
    return this.text
  }

  restore(note: string): void {
    const { zones, layouts }: { zones: string[]; layouts: Layout[] } = JSON.parse(note)
    this.zones.restore(zones)
    this.layouts = layouts.map((layout) => ({ text: JSON.stringify(layout), layout }))
    this.text = undefined
  }
}
