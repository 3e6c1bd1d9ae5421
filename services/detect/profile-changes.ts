import { dayMs } from '../domain/time-zones.ts'
import type { Profile } from '../records/types.ts'
import type { Lane, LaneProgram } from '../rules/engine/lane.ts'
import { type ProfileField, profileFields } from '../rules/engine/plain-record.ts'
import type { RuleHost, TrackCursor } from '../rules/engine/rule-host.ts'
import type { ProfileSource } from '../rules/engine/track-kinds.ts'
import type { Block } from '../rules/engine/tracks/track.ts'
import { readLong, writeLong } from '../rules/engine/words.ts'
import { textHash } from '../rules/text-hash.ts'
import type { CurrentEvent } from './event-in-hand.ts'
import type { NameTable } from './name-table.ts'
import type { RecordSlab } from './record-slab.ts'
import type { ZoneTable } from './zone-table.ts'

/** Entries of three words: the value; a time, with the number of the field in the upper 12 bits of its high word. */
const entryWords = 3
const timeMask = 0xfff

/** What the profile's newest event says of a field that decides how time is read, or of a date (a day number). */
export function profileField(block: Block, field: ProfileField): number | undefined {
  const at = placeOf(block, field)
  return at < 0 ? undefined : (block.words[block.at + at] as number)
}

function placeOf(block: Block, field: ProfileField): number {
  const number = profileFields.indexOf(field)
  for (let p = 0; p < block.length; p += entryWords) {
    if ((block.words[block.at + p + 2] as number) >>> 12 === number) return p
  }
  return -1
}

/** Sets a field as of a time; false: something newer is known, or it was the same. */
function setField(block: Block, field: ProfileField, value: number, since: number): boolean {
  let at = placeOf(block, field)
  const isNew = at < 0
  if (isNew) {
    at = block.length
    block.resize(at, entryWords)
  }
  const { words } = block
  const p = block.at + at
  if (!isNew && since < readLong(Int32Array.of(words[p + 1] as number, (words[p + 2] as number) & timeMask), 0))
    return false
  const isOther = isNew || words[p] !== value
  words[p] = value
  writeLong(words, p + 1, since)
  words[p + 2] = (words[p + 2] as number) | (profileFields.indexOf(field) << 12)
  return isOther
}

/**
 * Puts the fields that a profile event names into the record: each field is as the newest event says that names it,
 * whatever the order of arrival. Returns those that are another now.
 */
export function applyProfile(
  slab: RecordSlab,
  block: Block,
  event: Profile,
  zones: ZoneTable,
  calendars: NameTable,
): ReadonlySet<ProfileField> {
  const changed = new Set<ProfileField>()
  const set = (field: ProfileField, value: number | undefined) => {
    if (value !== undefined && setField(block, field, value, event.event_time)) changed.add(field)
  }
  set('time_zone', event.time_zone ? zones.numberOf(event.time_zone) : undefined)
  set('billing_day', event.billing_day ?? undefined)
  set('calendar', event.calendar ? calendars.numberOf(event.calendar) : undefined)
  for (const field of ['birth_date', 'tenure_start', 'contract_end'] as const) {
    const date = event[field]
    set(field, date ? Math.floor(Date.parse(`${date}T00:00:00Z`) / dayMs) : undefined)
  }
  if (changed.has('time_zone') || changed.has('billing_day') || changed.has('calendar')) {
    slab.setFlags(
      profileField(block, 'time_zone') ?? -1,
      profileField(block, 'billing_day') ?? 0,
      profileField(block, 'calendar') ?? -1,
    )
  }
  return changed
}

/** Tracks of tags (all of them), products (all) and consent (by channel and purpose): each as the newest event says that names it. */
export function feedProfile(
  lane: Lane,
  program: LaneProgram,
  event: Profile,
  cursor: TrackCursor,
  current: CurrentEvent,
  host: RuleHost,
): void {
  for (const { source, track, open } of lane.profileFeeds) {
    const told = saidOf(source, event)
    if (told === undefined || open.kind !== 'recent') continue
    const text = typeof told === 'string' ? told : ''
    const value = typeof told === 'string' ? textHash(told) : told
    const changed = withText(current, text, () => open.track.add(cursor.find(track), current, value, host))
    if (changed) lane.changed(program, track)
  }
}

/** undefined: the event doesn't name it; NaN: it says that there is none. */
function saidOf(source: ProfileSource, event: Profile): number | string | undefined {
  switch (source.kind) {
    case 'tag': {
      if (!event.tags) return undefined
      const text = Object.hasOwn(event.tags, source.tag) ? event.tags[source.tag] : undefined
      return text === undefined ? Number.NaN : tagValue(text, source.type)
    }
    case 'product': {
      const { products } = event
      if (!products) return undefined
      return source.products.some((product) => products.includes(product)) ? 1 : 0
    }
    case 'consent': {
      const consent = event.consent?.[source.channel]?.[source.purpose]
      return consent && (consent.state === 'granted' ? 1 : 0)
    }
  }
}

function tagValue(text: string, type: Extract<ProfileSource, { kind: 'tag' }>['type']): number | string {
  switch (type) {
    case 'string':
      return text
    case 'bool':
      return text === 'true' ? 1 : text === 'false' ? 0 : Number.NaN
    case 'int':
      return /^[+-]?\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : Number.NaN
    case 'double':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : Number.NaN
  }
}

/** The event in hand with a text that doesn't lie in its own bytes. */
function withText<T>(current: CurrentEvent, text: string, act: () => T): T {
  if (text === '') {
    current.textStart = current.idEnd
    current.textEnd = current.idEnd
    return act()
  }
  const { bytes, idStart, idEnd } = current
  const id = bytes.subarray(idStart, idEnd)
  current.bytes = Buffer.concat([id, Buffer.from(text)])
  current.idStart = 0
  current.idEnd = id.length
  current.textStart = id.length
  current.textEnd = current.bytes.length
  try {
    return act()
  } finally {
    current.bytes = bytes
    current.idStart = idStart
    current.idEnd = idEnd
  }
}
