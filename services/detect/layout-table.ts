import type { Layout } from '../rules/engine/layout.ts'
import type { NameTable } from './name-table.ts'
import type { ZoneTable } from './zone-table.ts'

/** Layouts by the numbers that records carry. They are kept with the state, and the numbers of zones and calendars with them. */
export class LayoutTable {
  private readonly zones: ZoneTable
  private layouts: { readonly text: string; readonly layout: Layout }[] = []
  private text: string | undefined
  private told = 0
  private readonly calendars: NameTable

  constructor(zones: ZoneTable, calendars: NameTable) {
    this.zones = zones
    this.calendars = calendars
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
    const zones = this.zones.names
    const calendars = this.calendars.names
    if (this.text === undefined || zones.length + calendars.length !== this.told) {
      this.told = zones.length + calendars.length
      this.text = JSON.stringify({ zones, calendars, layouts: this.layouts.map(({ layout }) => layout) })
    }
    return this.text
  }

  restore(note: string): void {
    const { zones, calendars, layouts }: { zones: string[]; calendars: string[]; layouts: Layout[] } = JSON.parse(note)
    this.zones.restore(zones)
    this.calendars.restore(calendars)
    this.layouts = layouts.map((layout) => ({ text: JSON.stringify(layout), layout }))
    this.text = undefined
  }
}
