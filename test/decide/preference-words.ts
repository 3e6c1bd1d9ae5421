import { type DayType, dayTypes, parseBand } from '../../services/domain/blocked-times.ts'
import type { PreferenceBlock, Preferences, RegisterCheck } from '../../services/records/types.ts'
import { type Channel, channels } from '../../services/topology.ts'

/** Blocks apart by `|`, their words by `/`: `ivr/sunday/18:00-21:00/banking|education`; `all` is a block of everything. */
export const preferencesOf = (text: string, since: number, ref: string | null): Preferences => ({
  since,
  source: 'crm',
  evidence_ref: ref,
  blocks: text === 'none' ? [] : text.split('|').map(blockOf),
})

export function blockOf(text: string): PreferenceBlock {
  const words = text === 'all' ? [] : text.split('/')
  const isChannel = (word: string): word is Channel => (channels as readonly string[]).includes(word)
  const isDay = (word: string): word is DayType => (dayTypes as readonly string[]).includes(word)
  return {
    channels: words.filter(isChannel),
    days: words.filter(isDay),
    bands: words.filter((word) => parseBand(word)),
    categories: words.filter((word) => !isChannel(word) && !isDay(word) && !parseBand(word)),
  }
}

/** `listed` or `clear`. */
export const registerOf = (text: string, checked_at: number, ref: string | null): RegisterCheck => ({
  listed: text === 'listed',
  checked_at,
  source: 'regulator',
  evidence_ref: ref,
})
