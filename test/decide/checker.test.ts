import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { healthyReceipts } from '../../services/decide/healthy-channels.ts'
import { createDecideStep } from '../../services/decide/step.ts'
import { catalogueWith } from './catalogue.ts'
import { breachesOf } from './checker/breaches.ts'
import type { Entry, History } from './checker/history.ts'
import { callOf, type Life, lives, momentAt } from './checker/lives.ts'
import { type Plant, plants } from './checker/plants.ts'
import { codes } from './checker/reasons.ts'
import { record } from './checker/record.ts'
import { unfounded } from './checker/unfounded.ts'
import { worlds } from './checker/worlds.ts'

/** The same for every plant: where one fault goes unseen, the streams are too poor or the checker is blind. */
const samples = fc.sample(fc.record({ catalogue: worlds, life: lives }), { numRuns: 6000, seed: 7 })

/** Whether the fault can change anything of a life. */
const isTouched = ({ stream }: Life, { heard }: Plant): boolean =>
  !heard || stream.some(({ told }) => JSON.stringify(heard(told)) !== JSON.stringify(told))

describe('a fault in deciding is found by what left', () => {
  test.each(plants)('$name: $code', { timeout: 120_000 }, (plant) => {
    const { code, catalogue: broken = (all) => all, heard } = plant
    const isFound = samples.some(({ catalogue, life }) => {
      if (!isTouched(life, plant)) return false
      const { stream, calls } = life
      const history = record(createDecideStep(broken(catalogue)), stream, calls, heard)
      return breachesOf(history, catalogue).some((breach) => breach.code === code && !calls.includes(breach.command))
    })
    expect(isFound).toBe(true)
  })

  test('what leaves when it may no more', () => {
    const isFound = samples.some(({ catalogue, life: { stream, calls } }) => {
      const late = record(createDecideStep(catalogue), stream, calls).map((entry) =>
        entry.kind === 'command'
          ? { ...entry, command: { ...entry.command, not_after: entry.at + 86_400_000 } }
          : entry,
      )
      return breachesOf(late, catalogue).some(({ code }) => code === 'quiet-hours')
    })
    expect(isFound).toBe(true)
  })

  test('of each reason', () => {
    expect(codes.filter((code) => !plants.some((plant) => plant.code === code))).toEqual([])
  })
})

describe('a decision that says what is not so is found', () => {
  test.each(plants)('$name: $code', { timeout: 120_000 }, (plant) => {
    const { code, catalogue: broken = (all) => all, heard = (told) => told } = plant
    // The other way round: what decide goes by is all there, and what there is lacks it.
    const isFound = samples.some(({ catalogue, life }) => {
      if (!isTouched(life, plant)) return false
      const { stream, calls } = life
      const history = record(createDecideStep(catalogue), stream, calls).flatMap((entry): Entry[] => {
        if (entry.kind !== 'told') return [entry]
        const told = heard(entry.told)
        return told ? [{ ...entry, told }] : []
      })
      return unfounded(history, broken(catalogue)).some((sentence) => sentence.includes(code))
    })
    expect(isFound).toBe(true)
  })
})

const hour = 3_600_000
const shanghai = catalogueWith({
  defaultTimeZone: 'Asia/Shanghai',
  quietHours: [{ id: 'night', channels: ['sms'], start: 22 * 60, end: 8 * 60 }],
  caps: [
    { id: 'day', purposes: ['marketing'], window: { kind: 'civil', unit: 'day' }, most: 1 },
    { id: 'three-days', purposes: ['marketing'], window: { kind: 'rolling', length: 72 * hour }, most: 2 },
  ],
  gaps: { care: 4 * hour },
})

/** `MM-DD HH:MM purpose`: sent by SMS to somebody in Shanghai, who wants it. */
function historyOf(lines: readonly string[]): History {
  const granted = { state: 'granted', since: 0, source: 'crm' } as const
  const consent = { sms: { marketing: granted, care: granted } }
  const profile = { event_id: 'p', subscriber_id: 's', event_time: 0, source: 'crm', consent }
  const sent = lines.flatMap((line, i): Entry[] => {
    const [date = '', time = '', purpose = ''] = line.split(' ')
    const at = Date.parse(`2026-${date}T${time}+08:00`)
    const command = callOf({ ago: 0, purpose: purpose as 'care' }, at, 's', i)
    const moment = momentAt(command.moment_id, purpose, at, 's')
    const said = { ...command, channel: 'sms', not_after: at + 1 } as const
    const accepted = healthyReceipts(said, at)
    return [
      { at, kind: 'told', told: { type: 'moment', value: { ...moment, expires_at: at + hour } } },
      { at, kind: 'command', command: said },
      ...accepted.map((value): Entry => ({ at, kind: 'told', told: { type: 'receipt', value } })),
    ]
  })
  return [{ at: 0, kind: 'told', told: { type: 'profile', value: profile } }, ...sent]
}

test.each([
  ['two days, one each', ['03-02 21:59 marketing', '03-03 08:00 marketing'], []],
  ['two on a day', ['03-02 09:00 marketing', '03-02 21:00 marketing'], ['cap']],
  ['a day ends where the subscriber is', ['03-02 20:00 marketing', '03-03 09:00 marketing'], []],
  ['three in 72 hours', ['03-02 09:00 marketing', '03-03 09:00 marketing', '03-05 08:59 marketing'], ['cap']],
  ['72 hours is not within', ['03-02 09:00 marketing', '03-03 09:00 marketing', '03-05 09:00 marketing'], []],
  ['quiet hours begin with their first minute', ['03-02 22:00 service'], ['quiet-hours']],
  ['quiet hours end with their last', ['03-02 07:59 care', '03-03 08:00 care'], ['quiet-hours']],
  ['what the law demands may be said at night', ['03-02 23:00 regulatory'], []],
  ['a gap counts from whatever was said', ['03-02 09:00 service', '03-02 12:59 care'], ['gap']],
  ['exactly the gap is enough', ['03-02 09:00 service', '03-02 13:00 care'], []],
])('the checker: %s', (_, lines, expected) => {
  expect(breachesOf(historyOf(lines), shanghai).map(({ code }) => code)).toEqual(expected)
})
