import { describe, expect, test } from 'vitest'
import { type EventReading, readEvent, readEventLine } from '../../services/records/jsonl.ts'

const recharge = {
  type: 'recharge',
  event_id: 'r-1',
  subscriber_id: 's-1',
  event_time: '2026-01-01T01:00:00+01:00',
  source: 'billing',
  amount: 5_000,
  currency: 'EUR',
  method: 'app',
}
const profile = {
  type: 'profile',
  event_id: 'p-1',
  subscriber_id: 's-1',
  event_time: 1_767_225_600_000,
  source: 'crm',
  time_zone: 'Europe/Berlin',
}

/** `path CODE` of every problem. */
const problemsOf = (reading: EventReading) =>
  reading.kind === 'problems' ? reading.problems.map(({ path, code }) => `${path} ${code}`) : []
const messageOf = (reading: EventReading) => (reading.kind === 'problems' ? reading.problems[0]?.message : undefined)

test('an event becomes a record with every field, times in milliseconds', () => {
  const { type, ...fields } = recharge
  expect(readEventLine(JSON.stringify(recharge))).toEqual({
    kind: 'event',
    event: { type, record: { ...fields, event_time: 1_767_225_600_000, balance_after: null } },
  })
})

describe('times', () => {
  test.each([
    ['2026-01-01T00:00:00Z', 1_767_225_600_000],
    ['2026-01-01T00:00Z', 1_767_225_600_000],
    ['2026-01-01T05:30:00.1239+05:30', 1_767_225_600_123],
    ['2024-02-29T00:00:00Z', 1_709_164_800_000],
    [1_767_225_600_000, 1_767_225_600_000],
    ['2026-01-01T00:00:00', 'KM_FIELD_TYPE'],
    ['2026-01-01', 'KM_FIELD_TYPE'],
    ['2026-02-29T00:00:00Z', 'KM_FIELD_TYPE'],
    ['2026-01-01T24:00:00Z', 'KM_FIELD_TYPE'],
    ['1767225600000', 'KM_FIELD_TYPE'],
    [1_767_225_600.5, 'KM_FIELD_TYPE'],
    ['1969-12-31T23:59:59Z', 'KM_FIELD_RANGE'],
    ['2100-01-02T00:00:00Z', 'KM_FIELD_RANGE'],
    [null, 'KM_FIELD_MISSING'],
  ])('%s is %s', (event_time, verdict) => {
    const reading = readEvent({ ...recharge, event_time })
    if (typeof verdict === 'string') expect(problemsOf(reading)).toEqual([`event_time ${verdict}`])
    else expect(reading).toMatchObject({ event: { record: { event_time: verdict } } })
  })
})

describe('what is wrong is told, with its field', () => {
  test.each([
    ['not JSON', '{"type":', [' KM_EVENT_NOT_JSON']],
    ['no object', [recharge], [' KM_FIELD_TYPE']],
    ['no type', { ...recharge, type: undefined }, ['type KM_FIELD_MISSING']],
    ['no such type', { ...recharge, type: 'rechrage' }, ['type KM_EVENT_UNKNOWN_TYPE']],
    ['an unknown field', { ...recharge, ammount: 1 }, ['ammount KM_EVENT_UNKNOWN_FIELD']],
    ['a field named like a method', { ...recharge, toString: 1 }, ['toString KM_EVENT_UNKNOWN_FIELD']],
    ['money with a fraction', { ...recharge, amount: 50.5 }, ['amount KM_FIELD_TYPE']],
    ['money beyond 2^53', JSON.stringify(recharge).replace('5000', '9007199254740993'), ['amount KM_FIELD_RANGE']],
    ['negative money', { ...recharge, amount: -1 }, ['amount KM_FIELD_RANGE']],
    ['a number as text', { ...recharge, amount: '5000' }, ['amount KM_FIELD_TYPE']],
    ['a subscriber id of 10 kB', { ...recharge, subscriber_id: 's'.repeat(10_240) }, ['subscriber_id KM_FIELD_LENGTH']],
    ['an empty subscriber id', { ...recharge, subscriber_id: '' }, ['subscriber_id KM_FIELD_LENGTH']],
    ['half a surrogate pair', { ...recharge, subscriber_id: 's\ud800' }, ['subscriber_id KM_FIELD_FORMAT']],
    [
      'several at once',
      {
        type: 'recharge',
        event_id: 'r',
        subscriber_id: 's',
        event_time: 0,
        amount: 1,
        currency: 'eur',
        method: 'cash',
      },
      ['source KM_FIELD_MISSING', 'currency KM_FIELD_FORMAT', 'method KM_FIELD_VALUE'],
    ],
    ['a time zone that is none', { ...profile, time_zone: 'Mars/Olympus' }, ['time_zone KM_FIELD_FORMAT']],
    ['an offset for a time zone', { ...profile, time_zone: '+01:00' }, ['time_zone KM_FIELD_FORMAT']],
    ['a date that is none', { ...profile, birth_date: '2026-02-29' }, ['birth_date KM_FIELD_FORMAT']],
    ['an item of a list', { ...profile, products: ['a', 7] }, ['products[1] KM_FIELD_TYPE']],
    [
      'consent of an unknown channel and state',
      { ...profile, consent: { fax: {}, sms: { marketing: { state: 'yes', since: 0, source: 'web' } } } },
      ['consent.fax KM_EVENT_UNKNOWN_FIELD', 'consent.sms.marketing.state KM_FIELD_VALUE'],
    ],
    ['addresses of another type', { ...recharge, addresses: {} }, ['addresses KM_EVENT_UNKNOWN_FIELD']],
    [
      'addresses',
      { ...profile, addresses: { sms: '0151 2345678', ivr: 7, pusch: [], push: [{ provider: 'pigeon' }] } },
      [
        'addresses.sms KM_FIELD_FORMAT',
        'addresses.ivr KM_FIELD_TYPE',
        'addresses.push[0].provider KM_FIELD_VALUE',
        'addresses.push[0].token KM_FIELD_MISSING',
        'addresses.pusch KM_EVENT_UNKNOWN_FIELD',
      ],
    ],
  ])('%s', (_what, event, problems) => {
    const reading = typeof event === 'string' ? readEventLine(event) : readEvent(event)
    expect(problemsOf(reading)).toEqual(problems)
  })

  test.each([
    [{ ...recharge, ammount: 1 }, "did you mean 'amount'?"],
    [{ ...recharge, type: 'rechrage' }, "did you mean 'recharge'?"],
    [
      { ...profile, consent: { sms: { marketing: { stat: 'granted', state: 'granted', since: 0, source: 'w' } } } },
      "'state'",
    ],
    [{ ...profile, addresses: { pusch: [] } }, "did you mean 'push'?"],
  ])('with the nearest known name', (event, hint) => {
    expect(messageOf(readEvent(event))).toContain(hint)
  })

  test('but never with the value, which may be personal', () => {
    const text = JSON.stringify([
      readEvent({ ...profile, addresses: { sms: '0151 2345678' } }),
      readEvent({ ...recharge, subscriber_id: '4915123456789'.repeat(9), currency: '4915123456789' }),
    ])
    expect(text).not.toMatch(/\d{7}/)
  })

  test('up to a hundred times', () => {
    const reading = readEvent({ ...profile, products: Array(100_000).fill(7) })
    expect(problemsOf(reading)).toHaveLength(100)
  })

  test('__proto__ is a key that nothing takes', () => {
    const line = JSON.stringify({ ...profile, tags: {} }).replace('"tags":{}', '"tags":{"__proto__":"x"}')
    expect(problemsOf(readEventLine(line))).toEqual(['tags.__proto__ KM_EVENT_UNKNOWN_FIELD'])
  })
})

describe('addresses', () => {
  const addressOf = (addresses: unknown) => {
    const reading = readEvent({ ...profile, addresses })
    return reading.kind === 'event' ? reading.event.address : reading
  }

  test('are split off a profile, with its id, subscriber, time and source', () => {
    const reading = readEvent({
      ...profile,
      addresses: { sms: '+49 1512 345-6789', push: [{ provider: 'fcm', token: 't' }] },
    })
    if (reading.kind !== 'event') throw new Error(JSON.stringify(reading))
    expect(reading.event.address).toEqual({
      event_id: 'p-1',
      subscriber_id: 's-1',
      event_time: 1_767_225_600_000,
      source: 'crm',
      sms: '+4915123456789',
      ivr: null,
      push: [{ provider: 'fcm', token: 't' }],
    })
    expect(JSON.stringify(reading.event.record)).not.toContain('+49')
  })

  test('are none where there are none', () => {
    expect(addressOf(undefined)).toBeUndefined()
    expect(addressOf(null)).toBeUndefined()
  })
})
