import avro from 'avsc'
import { describe, expect, it } from 'vitest'
import type { DecideState } from '../../services/decide/state.ts'
import { initialState, stateSchema } from '../../services/decide/state.ts'
import type { Rule } from '../../services/rules/ruleset.ts'
import { catalogueWith } from './catalogue.ts'
import { play, timeOf } from './timeline.ts'

const day = 86_400_000
const zone = 'Asia/Shanghai'

/** A rule contacts at most once in this time; caps and gaps stay out of the way. */
const once = (length: Rule['once']) => ({ catalogue: catalogueWith({ caps: [], gaps: {} }, length) })

describe("a rule's once", () => {
  it('holds back less than once behind a contact, by the times of the moments', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted sms/care=granted
      03-02 12:00  moment a ago=1h                     command a
      03-02 12:01  moment b                            suppressed b repeated until 03-09 11:00
      03-02 12:02  moment c purpose=care               command c
      03-02 12:03  moment d ago=2h                     suppressed d repeated until 03-09 11:00
      03-09 11:30  moment e ago=1801s                  suppressed e repeated until 03-09 11:00
      03-09 11:30  moment f ago=1800s                  command f
      03-09 11:31  moment f ago=1860s
      03-09 11:32  moment g                            suppressed g repeated until 03-16 11:00
    `,
      once(7 * day),
    )
    expect(decisions[1]).toMatchObject({
      codes: ['repeated'],
      evidence: { 'repeated.last_at': timeOf('03-02 11:00', zone), 'repeated.once': 7 * day },
      offer: 'booster',
    })
  })

  it('is used up by contacts only', () => {
    play(
      `
      03-02 12:00  moment a                            suppressed a consent
      03-02 12:01  profile sms/marketing=granted
      03-02 12:02  moment b offers=                    recorded b
      03-02 12:03  moment c rule=gone                  suppressed c rule-withdrawn
      03-02 12:04  moment d                            command d
      03-02 12:05  moment e                            suppressed e repeated until 03-09 12:04
      03-02 12:06  moment f ago=24h                    suppressed f expired
      03-02 12:07  moment g offers=gone                suppressed g rule-withdrawn
      03-02 12:08  moment h offers=                    recorded h
      03-02 12:09  receipt d failed
      03-02 12:10  moment i                            suppressed i repeated until 03-09 12:04
    `,
      once(7 * day),
    )
  })

  it('is held by what waits, as long as it waits; what waits keeps its turn', () => {
    const table = `
      03-02 12:00  profile sms/marketing=granted
      03-02 23:00  moment a                            deferred a quiet-hours until 03-03 08:00
      03-02 23:59  moment b                            suppressed b repeated until 03-03 00:00
    `
    play(
      `${table}
      03-03 00:00  moment c                            deferred c quiet-hours until 03-03 08:00
      03-03 08:00  -                                   command a, command c
      03-03 08:01  moment d ago=8h                     suppressed d repeated until 03-03 01:00
      03-03 08:02  moment e ago=7h                     command e
    `,
      once(day / 24),
    )
    play(
      `${table}
      03-03 00:30  profile sms/marketing=refused
      03-03 08:00  -                                   suppressed a consent
      03-03 08:01  profile sms/marketing=granted
      03-03 08:02  moment c ago=8h                     command c
    `,
      once(day / 24),
    )
  })

  it('of a lifetime ends with the identity', () => {
    const { state } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a                            command a
      03-02 12:02  moment b                            suppressed b repeated
      12-02 12:02  moment c                            suppressed c repeated
      12-03 12:00  profile status=deactivated
      12-03 12:01  profile sms/marketing=granted
      12-03 12:02  moment d                            command d
      12-03 12:03  moment e                            suppressed e repeated
    `,
      once('lifetime'),
    )
    expect(state.contacts).toEqual([{ rule: 'marketing', at: timeOf('12-03 12:02', zone) }])
  })

  it('does not let somebody wait for who had the number before', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 23:00  moment a                            deferred a quiet-hours until 03-03 08:00
      03-02 23:01  profile status=deactivated
      03-02 23:02  profile sms/marketing=granted
      03-02 23:03  moment b                            deferred b quiet-hours until 03-03 08:00
      03-03 08:00  -                                   suppressed a expired, command b
    `,
      once('lifetime'),
    )
  })

  it('leaves do-not-disturb alone', () => {
    play(
      `
      03-02 12:00  open marketing key=1 id=o           recorded o
      03-02 12:01  open marketing key=2 id=p           recorded p
      03-02 12:02  closed marketing key=1 id=q         recorded q
    `,
      once('lifetime'),
    )
  })

  it.each`
    length        | until            | kept
    ${0}          | ${'03-02 12:00'} | ${0}
    ${day}        | ${'03-10 11:59'} | ${1}
    ${day}        | ${'03-10 12:00'} | ${0}
    ${30 * day}   | ${'04-08 11:59'} | ${1}
    ${30 * day}   | ${'04-08 12:00'} | ${0}
    ${'lifetime'} | ${'12-31 12:00'} | ${1}
  `('of $length remembers a contact until no moment can come any more that it concerns', ({ length, until, kept }) => {
    const { state } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:00  moment a                            command a
      ${until}  receipt nobody accepted
    `,
      once(length),
    )
    expect(state.contacts).toHaveLength(kept)
  })
})

describe('a replay that comes out differently', () => {
  const options = once(7 * day)

  it('contacts nobody for another moment of the rule: the adopted decision gets its time from its moment', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a ago=1h                     command a
    `,
      options,
    )
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  moment a ago=1h
      03-02 12:02  moment b                            suppressed b repeated until 03-09 11:01
      03-09 11:01  moment c                            command c
    `,
      { ...options, adopts: decisions },
    )
  })

  it('nor while a moment waits whose deferral was adopted', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 23:00  moment a                            deferred a quiet-hours until 03-03 08:00
    `,
      options,
    )
    play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 23:00  moment a
      03-02 23:01  moment b                            suppressed b repeated until 03-09 23:00
      03-03 08:00  -                                   command a
    `,
      { ...options, adopts: decisions },
    )
  })

  it.each(['decisions', 'commands'] as const)('nor when the %s of one that waited were adopted', (what) => {
    const evening = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 23:00  moment a                            deferred a quiet-hours until 03-03 08:00
    `,
      options,
    )
    const morning = play('03-03 08:00  -  command a', { ...options, from: evening.state })
    play(
      `
      03-03 08:00  -${what === 'commands' ? '  command a' : ''}
      03-03 08:01  moment b                            suppressed b repeated until 03-09 23:00
      03-09 22:59  moment c                            suppressed c repeated until 03-09 23:00
    `,
      { ...options, from: evening.state, adopts: morning[what] },
    )
  })
})

it('states from before these fields are read with nothing in them', () => {
  const { catalogue } = once(7 * day)
  const { state } = play(
    `
    03-02 12:00  profile sms/marketing=granted
    03-02 12:01  moment a                              command a
    03-02 23:01  moment b purpose=service              deferred b quiet-hours until 03-03 08:00
  `,
    { catalogue },
  )
  const earlier = avro.Type.forSchema(withoutDefaults(stateSchema) as avro.Schema)
  const present = avro.Type.forSchema(stateSchema as avro.Schema)
  const read = present.fromBuffer(earlier.toBuffer(state), present.createResolver(earlier)) as DecideState
  const { contacts, unrecorded } = initialState
  const decided = state.decided.map((entry) => ({ ...entry, contacted: false }))
  const touches = state.touches.map((touch) => ({
    ...touch,
    moment_id: null,
    rule: null,
    offer: null,
    category: null,
    not_after: null,
  }))
  expect(read).toEqual({ ...state, awaited: [], contacts, unrecorded, decided, touches })
  expect(state.contacts).toHaveLength(1)
})

/** The schema without the fields that have a default, which came later. */
function withoutDefaults(schema: unknown): unknown {
  if (Array.isArray(schema))
    return schema.filter((part) => !Object.hasOwn(Object(part), 'default')).map(withoutDefaults)
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, withoutDefaults(value)]))
}
