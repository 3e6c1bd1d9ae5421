import { expect, test } from 'vitest'
import { inSuccession } from '../../services/catalogue/activation.ts'
import { createSchedule } from '../../services/catalogue/schedule.ts'
import { ReplayedEvents } from '../../services/explain/replayed-events.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import type { Cdr } from '../../services/records/types.ts'
import { eventTypes, topics } from '../../services/topology.ts'
import { catalogueOfFiles } from '../catalogue/contents.ts'

const lowBalance = `id: low-balance
moment: change
title: { en: Low and no top-up for two days }
pattern: [{ low: { on: cdr, where: balance_after < 500 } }, { not: { on: recharge, for: 48h } }]
purpose: care
offers: [thanks]
`
const day = (n: number) => Date.parse('2026-03-01T00:00:00Z') + n * 86_400_000

test('a deadline between two events is judged by the version of its time, though another came before the next event', async () => {
  const codec = await createCodec(createEmbeddedRegistry(':memory:'))
  const schedule = createSchedule()
  const withRule = catalogueOfFiles({ 'rules/low.yaml': lowBalance })
  for (const version of inSuccession(withRule, [{ activatesAt: day(4), catalogue: catalogueOfFiles() }])) {
    schedule.add(version)
  }
  const replay = new ReplayedEvents(
    {
      codec,
      ruleset: withRule.ruleset,
      schedule: (clock) => ({ ...schedule.at(clock), ruleset: schedule.at(clock).catalogue.ruleset }),
      defaultTimeZone: 'UTC',
    },
    'anna',
  )
  const key = Buffer.from('anna')
  const take = (time: number) => {
    const value = codec.encode(topics.events.cdr, callOf(time))
    const record = { key, keyStart: 0, keyEnd: key.length, value, valueStart: 0, valueEnd: value.length }
    replay.take({
      topic: eventTypes.indexOf('cdr'),
      record: { ...record, position: 0, appendedAt: time },
      time,
      head: time - 1,
    })
  }
  take(day(1))
  take(day(6))
  expect(replay.moments.map(({ rule, at }) => [rule, at])).toEqual([['low-balance', day(3)]])
})

const callOf = (time: number): Cdr => ({
  event_id: String(time),
  subscriber_id: 'anna',
  event_time: time,
  source: 'test',
  kind: 'voice',
  direction: 'mo',
  other_party: 'somebody',
  duration_s: 60,
  end_cause: 'normal',
  cell_id: null,
  roaming_country: null,
  charge: null,
  balance_after: 400,
})
