import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { CodedError } from '../domain/errors.ts'
import { bringsForward, type Layout } from '../rules/engine/layout.ts'
import type { NameTable } from './name-table.ts'
import type { ZoneTable } from './zone-table.ts'

/** Of records and layouts: what another format says can't be read. The second without ladders, as it was before there were any. */
const formats = { withoutLadders: 2, withLadders: 3 } as const

interface Note {
  readonly format?: number
  readonly zones: readonly string[]
  readonly calendars: readonly string[]
  /** By number; null: no record can be of it any more. */
  readonly layouts: readonly (Layout | null)[]
  readonly schemas: readonly number[]
  /** Layouts that records may still be of: those followed since all records were last looked at. */
  readonly unswept: readonly number[]
  /** The layout of the ruleset that the shard has gone over to; -1: of none yet. */
  readonly inForce?: number
  readonly since?: number
  readonly seams?: readonly NotedSeam[]
}

/** A ruleset that was in force until a time, and of which something may still have to be decided. */
export interface NotedSeam {
  readonly until: number
  /** When it became active; undefined: it was in force from the beginning. */
  readonly since?: number
  /** Of its layout. */
  readonly number: number
}

interface KnownLayout {
  readonly text: string
  readonly layout: Layout
}

/**
 * Layouts by the numbers that records carry. They are kept with the state, and the numbers of zones and calendars with them;
 * a layout for as long as a record may be of it.
 */
export class LayoutTable {
  private readonly zones: ZoneTable
  private layouts: (KnownLayout | undefined)[] = []
  private text: string | undefined
  private told = 0
  private unswept = new Set<number>()
  private current = -1
  /** When the ruleset that the shard follows became active; undefined: see `follows`. */
  since: number | undefined
  private readonly held = new Set<number>()
  private parted: readonly NotedSeam[] = []
  private readonly calendars: NameTable

  constructor(zones: ZoneTable, calendars: NameTable) {
    this.zones = zones
    this.calendars = calendars
  }

  /** Whether records of this number can be read. */
  has(number: number): boolean {
    return this.layouts[number] !== undefined
  }

  at(number: number): Layout {
    const known = this.layouts[number]
    if (!known) throw new CodedError('KM_STATE_LAYOUT', `layout ${number} is not known`)
    return known.layout
  }

  numberOf(layout: Layout): number {
    const text = JSON.stringify(layout)
    const known = this.layouts.findIndex((candidate) => candidate?.text === text)
    if (known >= 0) return known
    this.text = undefined
    const gap = this.layouts.indexOf(undefined)
    const number = gap >= 0 ? gap : this.layouts.length
    this.layouts[number] = { text, layout }
    return number
  }

  /**
   * Whether records may be stored in other layouts than this one, which the shard follows. False while others are needed for
   * more than those.
   */
  hasOthers(number: number): boolean {
    return number === this.current && this.layouts.some((known, other) => known && !this.isNeeded(other))
  }

  /** No record is of another layout than this one any more, in memory or stored, once what is in memory is committed. */
  forgetOthers(number: number): void {
    if (!this.hasOthers(number)) return
    this.layouts = this.layouts.map((known, other) => (this.isNeeded(other) ? known : undefined))
    this.unswept = new Set([number])
    this.text = undefined
  }

  private isNeeded(number: number): boolean {
    return number === this.current || this.parted.some((seam) => seam.number === number)
  }

  /** Number of `inForce`; -1: there is none. */
  get numberInForce(): number {
    return this.current
  }

  /** The layout of the ruleset that the shard follows; undefined: it hasn't followed any. */
  get inForce(): Layout | undefined {
    return this.layouts[this.current]?.layout
  }

  /** `since`: when that ruleset became active; undefined: it is in force from the beginning, or that isn't known. */
  follows(number: number, since?: number): void {
    const at = Number.isFinite(since) ? since : undefined
    if (number === this.current && at === this.since) return
    this.current = number
    this.since = at
    this.unswept.add(number)
    this.text = undefined
  }

  /** Records may hold remnants of these layouts (see `Seams`). In the order of time. */
  get seams(): readonly NotedSeam[] {
    return this.parted
  }

  parts(seam: NotedSeam): void {
    const others = this.parted.filter(({ until }) => until !== seam.until)
    this.parted = [...others, seam].sort((a, b) => a.until - b.until)
    this.text = undefined
  }

  /** No other seams than these are in force any more. In the order of time. */
  joined(left: readonly NotedSeam[]): void {
    this.parted = left
    this.text = undefined
  }

  /** Ids of the schemas of events that records hold. */
  get schemas(): readonly number[] {
    return [...this.held]
  }

  holds(schema: number): void {
    if (this.held.has(schema)) return
    this.held.add(schema)
    this.text = undefined
  }

  /**
   * Whether records are to be looked at: somebody may wait under any layout since the last time, also one from which the
   * shard went back.
   */
  needsSweep(number: number): boolean {
    const after = this.at(number)
    return [...this.unswept].some((before) => before !== number && bringsForward(this.at(before), after))
  }

  swept(number: number): void {
    this.unswept = new Set([number])
    this.text = undefined
  }

  get note(): string {
    const zones = this.zones.names
    const calendars = this.calendars.names
    if (this.text === undefined || zones.length + calendars.length !== this.told) {
      this.told = zones.length + calendars.length
      const layouts = this.layouts.map((known) => known?.layout ?? null)
      const hasLadders = layouts.some((layout) => layout?.ladders !== undefined)
      this.text = packed({
        format: hasLadders ? formats.withLadders : formats.withoutLadders,
        zones,
        calendars,
        layouts,
        schemas: this.schemas,
        unswept: [...this.unswept],
        inForce: this.current,
        ...(this.since !== undefined && { since: this.since }),
        ...(this.parted.length > 0 && { seams: this.parted }),
      })
    }
    return this.text
  }

  restore(note: string): void {
    const said = unpacked(note)
    if (!Object.values<number | undefined>(formats).includes(said.format)) {
      const advice = 'replay the events into an empty store, or go back to the version that wrote it'
      throw new CodedError(
        'KM_STATE_FORMAT',
        `the states are of format ${said.format ?? 1}, not ${Object.values(formats).join(' or ')}: ${advice}`,
      )
    }
    const { zones, calendars, layouts, schemas, unswept, inForce, since, seams } = said
    this.unswept = new Set(unswept)
    this.current = inForce ?? -1
    this.since = since
    this.parted = seams ?? []
    for (const schema of schemas) this.held.add(schema)
    this.zones.restore(zones)
    this.calendars.restore(calendars)
    this.layouts = layouts.map((layout) => (layout ? { text: JSON.stringify(layout), layout } : undefined))
    this.text = undefined
  }
}

/** It is long where rules are many: layouts repeat themselves, and packed they take a few kilobytes. */
const packed = (note: Note): string => deflateRawSync(JSON.stringify(note)).toString('base64')

/** What isn't packed is of the first format. */
function unpacked(text: string): Note {
  try {
    return JSON.parse(text.startsWith('{') ? text : inflateRawSync(Buffer.from(text, 'base64')).toString())
  } catch (cause) {
    throw new CodedError('KM_STATE_UNREADABLE', "the note of its records' layouts is damaged: restore the store", {
      cause,
    })
  }
}
