import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ReadEvent } from '../../services/records/jsonl.ts'

const recorded = join(import.meta.dirname, '..', 'data', 'vast2008-calls.csv')
const hour = 3_600_000

/** Real calls, moved to the days before `now` and nearly twice as fast, so that no moment of them is too old to count. */
export const recentCalls = (now: number, most = Number.POSITIVE_INFINITY): ReadEvent[] =>
  readCalls(now).filter(isPossible).slice(0, most)

/** Four of the recorded calls have a negative duration, as real data do. */
export const impossibleCalls = (now: number): ReadEvent[] => readCalls(now).filter((call) => !isPossible(call))

const isPossible = ({ record }: ReadEvent): boolean => !('duration_s' in record) || record.duration_s >= 0

function readCalls(now: number): ReadEvent[] {
  const rows = readFileSync(recorded, 'utf8').trim().split('\n').slice(1)
  const first = Date.parse('2006-06-01T00:00:00Z')
  const length = 10 * 24 * hour
  // The last deadline, a day behind the last call, has passed too.
  const begin = now - 26 * hour - 0.45 * length
  return rows.map((row) => {
    const [call, from, to, time, duration, cell] = row.split(',') as [string, string, string, string, string, string]
    return {
      type: 'cdr',
      record: {
        event_id: `call-${call}`,
        subscriber_id: `phone-${from}`,
        event_time: Math.round(begin + 0.45 * (Date.parse(`${time}:00Z`) - first)) + (Number(call) % 1_000),
        source: 'vast2008',
        kind: 'voice',
        direction: 'mo',
        other_party: `phone-${to}`,
        duration_s: Number(duration),
        cell_id: cell,
        roaming_country: null,
        end_cause: 'normal',
        charge: null,
        balance_after: null,
      },
    } satisfies ReadEvent
  })
}

/** The same calls by so many populations. */
export const copies = (calls: readonly ReadEvent[], times: number): ReadEvent[] =>
  calls.flatMap((call) =>
    Array.from({ length: times }, (_, copy) => {
      const subscriber_id = `${call.record.subscriber_id}${String(copy).padStart(2, '0')}`
      return { ...call, record: { ...call.record, subscriber_id } } as ReadEvent
    }),
  )

/** Profiles of all callers: three of four agreed to marketing, half read Chinese. */
export function profiles(calls: readonly ReadEvent[]): ReadEvent[] {
  const begin = Math.min(...calls.map(({ record }) => record.event_time)) - hour
  const callers = [...new Set(calls.map(({ record }) => record.subscriber_id))]
  return callers.map((id) => {
    const number = Number(id.slice('phone-'.length))
    const head = { event_id: `profile-${number}`, subscriber_id: id, event_time: begin, source: 'crm' }
    const state = number % 4 === 0 ? 'refused' : 'granted'
    return {
      type: 'profile',
      record: {
        ...head,
        time_zone: 'Europe/Berlin',
        language: number % 2 === 0 ? 'zh' : 'en',
        consent: { sms: { marketing: { state, since: begin, source: 'crm', evidence_ref: null } } },
      },
      address: { ...head, sms: addressOf(id) },
    } satisfies ReadEvent
  })
}

export const addressOf = (subscriber: string): string =>
  `+49151${String(10_000_000 + Number(subscriber.slice('phone-'.length)))}`
