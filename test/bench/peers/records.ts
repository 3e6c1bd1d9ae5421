import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import avsc from 'avsc'
import type { EventType } from '../../../services/topology.ts'
import type { Km1Event } from '../km1-stream.ts'

/*
 * KM-1's own records, which the peers and the oracle read: the same events as ours, said in the reference's fields (the
 * table in km1-stream.ts, from right to left). What ours leave out is made up in like length; no rule reads it: a
 * recharge's voucher, a complaint's channel and text, and whether its severity was 1 or 2.
 */

const schemaIds: Readonly<Record<Km1Event['type'], number>> = { cdr: 1, recharge: 2, complaint: 3, 'app-usage': 4 }

const typeOf = (name: string) =>
  avsc.Type.forSchema(JSON.parse(readFileSync(join(import.meta.dirname, 'schemas', `${name}.avsc`), 'utf8')))

const types: Readonly<Record<Km1Event['type'], avsc.Type>> = {
  cdr: typeOf('cdr'),
  recharge: typeOf('recharge'),
  complaint: typeOf('complaint'),
  'app-usage': typeOf('app-usage'),
}
const momentType = typeOf('moment')

const buffer = Buffer.alloc(1_024)

/** Confluent wire format: byte 0, schema id, Avro. `producedAt`: milliseconds since 1970. */
export function encodeForPeers(event: Km1Event, producedAt: number): Buffer {
  const { event_id, subscriber_id, event_time } = event.value
  const head = { eventId: Number(event_id), subscriberId: subscriber_id, ts: event_time, producedAt }
  buffer.writeInt32BE(schemaIds[event.type], 1)
  const end = types[event.type].encode({ ...head, ...fieldsOf(event) }, buffer, 5)
  return Buffer.from(buffer.subarray(0, end))
}

const channels: Readonly<Record<string, string>> = { voucher: 'VOUCHER', app: 'APP', store: 'AGENT', bank: 'WALLET' }
const rats: Readonly<Record<string, string>> = { '3g': 'G3', '4g': 'LTE', '5g': 'NR' }

function fieldsOf(event: Km1Event): object {
  switch (event.type) {
    case 'cdr': {
      const { kind, direction, duration_s, end_cause, roaming_country, charge, other_party, cell_id, balance_after } =
        event.value
      return {
        callType: kind === 'sms' ? 'SMS' : direction === 'mo' ? 'VOICE_MO' : 'VOICE_MT',
        durationSec: duration_s,
        dropped: end_cause === 'dropped',
        roaming: roaming_country !== null,
        international: charge !== null,
        peer: other_party,
        cellId: cell_id,
        balanceAfter: balance_after,
      }
    }
    case 'recharge': {
      const { amount, method, balance_after, event_id } = event.value
      return {
        amount,
        channel: channels[method],
        balanceAfter: balance_after,
        voucher: `V${event_id.padStart(17, '7')}`,
      }
    }
    case 'complaint': {
      const { category, severity } = event.value
      return {
        category: category.toUpperCase(),
        severity: severity > 1 ? severity + 1 : 1,
        channel: 'call-centre',
        text: 'slow data in the evening',
      }
    }
    case 'app-usage': {
      const { app, app_category, bytes_down, bytes_up, duration_s, bearer, cell_id } = event.value
      return {
        app,
        appClass: app_category.toUpperCase(),
        kbDown: bytes_down / 1024,
        kbUp: bytes_up / 1024,
        durationSec: duration_s,
        rat: rats[bearer],
        cellId: cell_id,
      }
    }
  }
}

export interface PeerMoment {
  readonly subscriberId: string
  readonly ruleId: number
  readonly ts: number
  /** -1 of an absence. */
  readonly triggerEventId: number
}

export const decodePeerMoment = (bytes: Buffer): PeerMoment => momentType.fromBuffer(bytes.subarray(5))

/** Topics of the peers' events are KM-1's, behind this. */
export const peerPrefix = 'km1.'
export const peerTopic = (type: EventType): string => `${peerPrefix}${type}`
