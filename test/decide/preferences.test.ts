import { describe, expect, it } from 'vitest'
import { createDecideStep } from '../../services/decide/step.ts'
import { parseBand } from '../../services/domain/blocked-times.ts'
import { readEventLine } from '../../services/records/jsonl.ts'
import type { BlockedContact, Policy } from '../../services/rules/catalogue.ts'
import { calendarOf } from '../domain/days-off.ts'
import { catalogueWith } from './catalogue.ts'
import { blockOf } from './preference-words.ts'
import { play, timeOf } from './timeline.ts'

const always = { quietHours: [], caps: [], gaps: {} }

/** Calendars and offers of two categories, and one of none. 2026-03-02 is a Monday. */
const catalogueOf = (policy: Partial<Policy> = {}) => ({
  ...catalogueWith({ ...always, defaultCalendar: 'china', ...policy }),
  offers: [
    { id: 'booster', category: 'communication', title: { en: 'Booster' }, message: { en: 'Boost' } },
    { id: 'card', category: 'banking', title: { en: 'Card' }, message: { en: 'Card' } },
    { id: 'anything', title: { en: 'Anything' }, message: { en: 'Anything' } },
  ],
  calendars: [
    calendarOf('2026-01-01', '2026-12-31', ['2026-03-04'], 'china'),
    calendarOf('2026-01-01', '2026-03-05', ['2026-03-03'], 'india'),
  ],
})
const catalogue = catalogueOf()

/** `banking/sms/18:00-21:00/monday` */
const policyBlock = (id: string, text: string): BlockedContact => {
  const { categories, channels, days, bands } = blockOf(text)
  const read = bands.flatMap((band) => parseBand(band) ?? [])
  return { id, purposes: ['marketing', 'care'], categories, channels, days, bands: read }
}

describe('preferences', () => {
  it('block their category, channel and band on their days, for marketing and care', () => {
    const { decisions, commands } = play(
      `
      03-02 09:00         profile sms/marketing=granted sms/care=granted blocks=banking/sms/18:00-21:00/monday ref=p-1
      03-02 17:59:59.999  moment a offers=card                  command a
      03-02 18:00         moment b offers=card                  suppressed b do-not-disturb until 03-02 21:00
      03-02 18:01         moment c offers=card purpose=care     suppressed c do-not-disturb until 03-02 21:00
      03-02 18:02         moment d offers=card purpose=service  command d
      03-02 18:03         moment e offers=booster               command e
      03-02 18:04         moment f offers=card,booster          command f
      03-02 20:59:59.999  moment g offers=card                  suppressed g do-not-disturb until 03-02 21:00
      03-02 21:00         moment h offers=card                  command h
      03-03 18:00         moment i offers=card                  command i
      03-09 18:00         moment j offers=card                  suppressed j do-not-disturb until 03-09 21:00
    `,
      { catalogue },
    )
    const until = timeOf('03-02 21:00', 'Asia/Shanghai')
    expect(decisions[1]?.evidence).toEqual({
      'do-not-disturb.by': 'preferences',
      'do-not-disturb.ref': 'p-1',
      'do-not-disturb.category': 'banking',
      'do-not-disturb.time_zone': 'Asia/Shanghai',
      'do-not-disturb.until': until,
    })
    expect(decisions[5]?.candidates).toMatchObject([
      { offer: 'card', channel: 'sms', codes: ['do-not-disturb'] },
      { offer: 'booster', channel: 'sms', codes: [] },
    ])
    expect(decisions.map(({ preferences_ref }) => preferences_ref ?? null).slice(0, 4)).toEqual([
      'p-1',
      null,
      null,
      null,
    ])
    // What was commanded a millisecond before the band begins doesn't leave within it.
    expect(commands[0]?.not_after).toBe(timeOf('03-02 18:00', 'Asia/Shanghai'))
    expect(commands[1]?.not_after).toBe(timeOf('03-03 18:02', 'Asia/Shanghai'))
  })

  it.each`
    blocks                          | message              | said
    ${'all'}                        | ${'offers=booster'}  | ${'suppressed a do-not-disturb'}
    ${'none'}                       | ${'offers=booster'}  | ${'command a'}
    ${'sms'}                        | ${'offers=booster'}  | ${'suppressed a do-not-disturb'}
    ${'ivr/push/desk/task'}         | ${'offers=booster'}  | ${'command a'}
    ${'banking'}                    | ${'offers=booster'}  | ${'command a'}
    ${'banking'}                    | ${'offers=card'}     | ${'suppressed a do-not-disturb'}
    ${'banking|communication'}      | ${'offers=booster'}  | ${'suppressed a do-not-disturb'}
    ${'banking'}                    | ${'offers=anything'} | ${'suppressed a do-not-disturb'}
    ${'monday'}                     | ${'offers=booster'}  | ${'suppressed a do-not-disturb until 03-03 00:00'}
    ${'sunday/22:00-13:00'}         | ${'offers=booster'}  | ${'suppressed a do-not-disturb until 03-02 13:00'}
    ${'saturday/22:00-13:00'}       | ${'offers=booster'}  | ${'command a'}
    ${'00:00-12:00'}                | ${'offers=booster'}  | ${'command a'}
    ${'10:00-14:00|13:00-15:00'}    | ${'offers=booster'}  | ${'suppressed a do-not-disturb until 03-02 15:00'}
    ${'monday|tuesday/09:00-12:00'} | ${'offers=booster'}  | ${'suppressed a do-not-disturb until 03-03 00:00'}
  `('at noon of a Monday with $blocks: $message $said', ({ blocks, message, said }) => {
    play(
      `
      03-02 09:00  profile sms/marketing=granted blocks=${blocks}
      03-02 12:00  moment a ${message}  ${said}
    `,
      { catalogue },
    )
  })

  it('know the holidays of the calendar of the subscriber, and take a day that it does not know for one', () => {
    play(
      `
      03-02 09:00  profile sms/marketing=granted blocks=holiday
      03-03 12:00  moment a                       command a
      03-04 12:00  moment b                       suppressed b do-not-disturb until 03-05 00:00
      03-04 12:01  profile calendar=india
      03-04 12:02  moment c                       command c
      03-05 23:59  moment d                       command d
      03-06 00:00  moment e                       suppressed e do-not-disturb
      03-06 00:01  profile calendar=china
      03-06 00:02  moment f                       command f
      03-06 00:03  profile calendar=atlantis
      03-06 00:04  moment g                       suppressed g do-not-disturb
    `,
      { catalogue },
    )
  })

  it('are read on the wall clock of where the subscriber is, where the night is short or long', () => {
    play(
      `
      03-28 12:00   profile sms/marketing=granted zone=Europe/Berlin blocks=sunday/01:30-02:30
      03-29 00:29Z  moment a                       command a
      03-29 00:30Z  moment b                       suppressed b do-not-disturb until 03-29 03:00
      03-29 01:00Z  moment c                       command c
      10-25 00:29Z  moment d                       suppressed d do-not-disturb until 10-25 02:30
      10-25 01:29Z  moment e                       suppressed e do-not-disturb until 10-25 02:30
      10-25 01:30Z  moment f                       command f
      10-25 01:31Z  profile zone=Asia/Shanghai
      10-31 17:29Z  moment g                       command g
      10-31 17:30Z  moment h                       suppressed h do-not-disturb until 10-31 19:30
    `,
      { catalogue, zone: 'Europe/Berlin' },
    )
  })

  it('take the place of those before them, by when they were said', () => {
    play(
      `
      03-05 12:00  profile sms/marketing=granted since=03-01
      03-05 12:01  profile blocks=communication since=03-02
      03-05 12:02  moment a                       suppressed a do-not-disturb
      03-05 12:03  profile blocks=banking since=03-04
      03-05 12:04  moment b                       command b
      03-05 12:05  profile blocks=all since=03-03
      03-05 12:06  moment c                       command c
      03-05 12:07  profile blocks=none since=03-05
      03-05 12:08  moment d offers=card           command d
    `,
      { catalogue },
    )
  })

  it('said at one time in two ways block what either blocks', () => {
    play(
      `
      03-05 12:00  profile sms/marketing=granted since=03-01
      03-05 12:01  profile blocks=communication since=03-02
      03-05 12:02  profile blocks=none since=03-02
      03-05 12:03  profile blocks=banking since=03-02
      03-05 12:04  moment a offers=booster        suppressed a do-not-disturb
      03-05 12:05  moment b offers=card           suppressed b do-not-disturb
    `,
      { catalogue },
    )
  })

  it('dated ahead block everything until then, and lose to what is said in between', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted
      03-02 12:01  profile blocks=banking since=03-04
      03-02 12:02  moment a                       suppressed a do-not-disturb until 03-04 00:00
      03-04 00:00  moment b                       command b
      03-04 00:01  moment c offers=card           suppressed c do-not-disturb
      03-04 12:00  profile blocks=all since=03-09
      03-04 12:01  moment d                       suppressed d do-not-disturb until 03-09 00:00
      03-04 12:02  profile blocks=none
      03-04 12:03  moment e                       command e
    `,
      { catalogue },
    )
    expect(decisions[0]?.evidence['do-not-disturb.state']).toBe('not yet')
  })

  it('end with the identity', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted blocks=all calendar=india
      03-02 12:01  moment a                       suppressed a do-not-disturb
      03-02 12:02  profile status=deactivated
      03-02 12:03  profile sms/marketing=granted
      03-02 12:04  moment b                       command b
    `,
      { catalogue },
    )
  })

  it('of more words than are kept block everything', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `kind-${i}`).join('/')
    play(
      `
      03-02 12:00  profile sms/marketing=granted blocks=${many(499)}
      03-02 12:01  moment a                       command a
      03-02 12:02  profile blocks=${many(500)}
      03-02 12:03  moment b                       suppressed b do-not-disturb
    `,
      { catalogue },
    )
  })

  it('and an interval are one reason, which ends with the later of them', () => {
    const { decisions } = play(
      `
      03-02 12:00  profile sms/marketing=granted blocks=18:00-21:00
      03-02 17:00  open do-not-disturb key=1 id=o1 longest=2h      recorded o1
      03-02 18:30  moment a                                        suppressed a do-not-disturb until 03-02 21:00
      03-02 18:31  open do-not-disturb key=2 id=o2 longest=4h      recorded o2
      03-02 18:32  moment b                                        suppressed b do-not-disturb until 03-02 22:31
      03-02 18:33  profile blocks=all
      03-02 18:34  moment c                                        suppressed c do-not-disturb
    `,
      { catalogue },
    )
    const by = decisions.filter(({ outcome }) => outcome === 'suppressed').map(({ evidence }) => evidence)
    expect(by.map((facts) => facts['do-not-disturb.by'] ?? facts['do-not-disturb.key'])).toEqual([
      'preferences',
      '2',
      'preferences',
    ])
  })

  it('are judged before quiet hours, and again when these release', () => {
    play(
      `
      03-02 12:00  profile sms/marketing=granted blocks=23:00-24:00|tuesday/08:00-10:00
      03-02 22:30  moment a                       deferred a quiet-hours until 03-03 08:00
      03-02 23:00  moment b                       suppressed b do-not-disturb +quiet-hours until 03-03 00:00
      03-03 08:00  -                              suppressed a do-not-disturb until 03-03 10:00
    `,
      {
        catalogue: catalogueOf({
          quietHours: [{ id: 'night', channels: ['sms'], start: 22 * 60, end: 8 * 60 }],
        }),
      },
    )
  })

  it('come as JSON, are refused where they are wrong, and are kept through the state', () => {
    const line = (preferences: object) =>
      JSON.stringify({
        type: 'profile',
        event_id: 'p1',
        subscriber_id: 's',
        event_time: '2026-03-02T09:00:00+08:00',
        source: 'crm',
        preferences: { since: '2026-03-01T09:00:00+08:00', source: '1909', ...preferences },
      })
    const read = readEventLine(line({ blocks: [{ channels: ['sms'], days: ['holiday', 'sunday', 'sunday'] }, {}] }))
    if (read.kind !== 'event' || read.event.type !== 'profile') throw new Error(JSON.stringify(read))
    const step = createDecideStep(catalogue)
    const input = { type: 'profile', value: read.event.record } as const
    const now = read.event.record.event_time
    const { state } = step.handle(step.initial, input, { now, clock: now })
    expect(state.facts.preferences).toEqual({
      since: Date.parse('2026-03-01T01:00Z'),
      from: Date.parse('2026-03-01T01:00Z'),
      ref: `1909@${Date.parse('2026-03-01T01:00Z')}`,
      blocks: [{ categories: [], channels: [], bands: [], days: [] }],
    })

    const problems = (preferences: object) => {
      const reading = readEventLine(line(preferences))
      return reading.kind === 'event' ? [] : reading.problems.map(({ path, code }) => `${path} ${code}`)
    }
    expect(problems({ blocks: [{ channel: ['sms'] }] })).toEqual([
      'preferences.blocks[0].channel KM_EVENT_UNKNOWN_FIELD',
    ])
    expect(problems({ blocks: [{ channels: ['fax'] }] })).toEqual(['preferences.blocks[0].channels[0] KM_FIELD_VALUE'])
    expect(problems({ blocks: [{ bands: ['9-12'] }] })).toEqual(['preferences.blocks[0].bands[0] KM_FIELD_FORMAT'])
    expect(problems({ blocks: [{ days: ['weekend'] }] })).toEqual(['preferences.blocks[0].days[0] KM_FIELD_VALUE'])
    expect(problems({})).toEqual(['preferences.blocks KM_FIELD_MISSING'])
  })
})

describe("the policy's do-not-disturb", () => {
  const strict = catalogueOf({
    doNotDisturb: [
      { ...policyBlock('no-cards-at-weekends', 'banking/sms/saturday/sunday'), purposes: ['marketing'] },
      policyBlock('lunch', 'sms/12:00-14:00'),
      policyBlock('calls', 'ivr'),
    ],
  })

  it('holds for everybody, for its purposes, and names the block', () => {
    const { decisions, commands } = play(
      `
      03-06 09:00  profile sms/marketing=granted sms/care=granted
      03-06 11:00  moment a offers=card                     command a
      03-06 12:00  moment b                                 suppressed b do-not-disturb until 03-06 14:00
      03-06 14:00  moment c offers=card                     command c
      03-07 00:00  moment d offers=card                     suppressed d do-not-disturb until 03-09 00:00
      03-07 00:01  moment e offers=card purpose=care        command e
      03-07 00:02  moment f offers=booster                  command f
    `,
      { catalogue: strict },
    )
    expect(decisions.map(({ evidence }) => evidence['do-not-disturb.id'] ?? null)).toEqual([
      null,
      'lunch',
      null,
      'no-cards-at-weekends',
      null,
      null,
    ])
    expect(commands.map(({ not_after }) => not_after)).toEqual(
      ['03-06 12:00', '03-07 00:00', '03-07 12:00', '03-07 12:00'].map((text) => timeOf(text, 'Asia/Shanghai')),
    )
  })

  it('and preferences go on together, and what lasts longest is named', () => {
    const { decisions } = play(
      `
      03-06 09:00  profile sms/marketing=granted blocks=13:00-15:00|15:00-16:00/friday ref=p
      03-06 12:30  moment a                                 suppressed a do-not-disturb until 03-06 16:00
      03-06 13:30  moment b                                 suppressed b do-not-disturb until 03-06 16:00
    `,
      { catalogue: strict },
    )
    expect(decisions.map(({ evidence }) => evidence['do-not-disturb.by'])).toEqual(['policy', 'preferences'])
  })
})
