import { describe, expect, test } from 'vitest'
import { inSuccession } from '../../services/catalogue/activation.ts'
import { createSchedule } from '../../services/catalogue/schedule.ts'
import type { DetectSettings } from '../../services/detect/detect-processor.ts'
import { catalogueOfFiles, threshold } from '../catalogue/contents.ts'
import { ShardDriver, type TestEvent } from './shard-driver.ts'

const minute = 60_000
const noon = Date.UTC(2026, 2, 2, 12)
const first = catalogueOfFiles()
const second = catalogueOfFiles(threshold(60))

/** A call which fires under the second catalogue only. */
const call = (at: number, subscriber = 's-1'): TestEvent => ({
  type: 'cdr',
  value: {
    event_id: `call-${at}`,
    subscriber_id: subscriber,
    event_time: at,
    source: 'test',
    kind: 'voice',
    direction: 'mo',
    other_party: 'x',
    duration_s: 100,
    end_cause: 'normal',
  },
})

/** A shard under two catalogues, the second of which is in force from noon on. `ruleset`: with which its process begins. */
function start(before = first, after = second, ruleset = before.ruleset) {
  const schedule = createSchedule()
  for (const version of inSuccession(before, [{ activatesAt: noon, catalogue: after }])) schedule.add(version)
  let asked = 0
  const settings: Omit<DetectSettings, 'codec'> = {
    ruleset,
    defaultTimeZone: 'Europe/Berlin',
    schedule(clock) {
      asked++
      const inForce = schedule.at(clock)
      return { ...inForce, ruleset: inForce.catalogue.ruleset }
    },
  }
  const driver = new ShardDriver(settings)
  return { driver, schedule, asked: () => asked }
}

const occurrences = (driver: ShardDriver) => driver.moments().map(({ occurrence }) => occurrence)

describe('a shard goes over to another ruleset', () => {
  test('at the first event whose time has come, however late it is by the time of day', () => {
    const { driver } = start()
    driver.send(call(noon - 2))
    driver.advance(noon + 9 * minute) // the shard is idle, and its clock follows the time of day
    driver.send(call(noon - 1))
    expect(occurrences(driver)).toEqual([])
    driver.send(call(noon))
    expect(occurrences(driver)).toEqual([`call-${noon}`])
  })

  test('and not back for one that comes out of order', () => {
    const { driver } = start()
    driver.send(call(noon))
    driver.send(call(noon - 1, 's-2'))
    expect(occurrences(driver)).toEqual([`call-${noon}`, `call-${noon - 1}`])
  })

  test('of what a timer decides, the deadline counts, which lies a grace before it', () => {
    const silence = (title: string) =>
      catalogueOfFiles({
        'rules/silence.yaml': `id: silence
moment: change
title: { en: ${title} }
pattern: [{ up: { on: recharge } }, { not: { on: cdr, for: 1h } }]
purpose: care
`,
      })
    const [before, after] = [silence('Silence'), silence('Quiet')]
    const { driver } = start(before, after)
    const recharge = (at: number, subscriber: string): TestEvent => ({
      type: 'recharge',
      value: {
        event_id: `recharge-${subscriber}`,
        subscriber_id: subscriber,
        event_time: at,
        source: 'test',
        amount: 1,
        currency: 'EUR',
        method: 'app',
      },
    })
    driver.send(recharge(noon - 61 * minute, 's-1'))
    driver.send(recharge(noon - 59 * minute, 's-2'))
    driver.advance(noon + 60 * minute)
    const versionIn = ({ ruleset }: typeof first) => ruleset.rules.find(({ id }) => id === 'silence')?.version
    expect(driver.moments().map(({ at, rule_version }) => [at, rule_version])).toEqual([
      [noon - minute, versionIn(before)],
      [noon + minute, versionIn(after)],
    ])
  })

  test('and knows since when its rules are in force, also where its process began under them', () => {
    const warm = catalogueOfFiles({
      'rules/top-up.yaml': `id: top-up
moment: first
title: { en: First top-up }
on: recharge
when: event.amount > 0
history: { warm_up: 30d }
purpose: care
`,
    })
    for (const ruleset of [first.ruleset, warm.ruleset]) {
      const { driver } = start(first, warm, ruleset)
      driver.send({
        type: 'recharge',
        value: {
          event_id: 'recharge-1',
          subscriber_id: 's-1',
          event_time: noon + minute,
          source: 'test',
          amount: 1,
          currency: 'EUR',
          method: 'app',
        },
      })
      expect(occurrences(driver)).toEqual([])
    }
  })

  test('the moment carries the version of the rule that was in force', () => {
    const { driver } = start()
    driver.send({ ...call(noon - 1), value: { ...call(noon - 1).value, duration_s: 700 } } as TestEvent)
    driver.send(call(noon))
    const versionIn = ({ ruleset }: typeof first) => ruleset.rules.find(({ id }) => id === 'long-call')?.version
    expect(driver.moments().map(({ rule_version }) => rule_version)).toEqual([versionIn(first), versionIn(second)])
  })

  test('without asking the schedule for each event', () => {
    const { driver, asked } = start()
    for (let i = 0; i < 100; i++) driver.send(call(noon - 1_000 + 10 * i))
    expect(asked()).toBe(1)
    for (let i = 0; i < 100; i++) driver.send(call(noon + 10 * i))
    expect(asked()).toBe(2)
  })

  test('after a restart by the clock of what is stored', () => {
    const { driver } = start()
    driver.send(call(noon - 1))
    driver.commit()
    driver.restart()
    driver.send(call(noon))
    driver.commit()
    driver.restart()
    driver.send(call(noon + 1))
    expect(occurrences(driver)).toEqual([`call-${noon}`, `call-${noon + 1}`])
  })

  test('also to one that is told when its time has passed', () => {
    const { driver, schedule } = start()
    const third = catalogueOfFiles(threshold(600))
    driver.send(call(noon))
    for (const version of inSuccession(first, [
      { activatesAt: noon, catalogue: second },
      { activatesAt: noon + minute, catalogue: third },
    ]))
      schedule.add(version)
    driver.processor.scheduleChanged()
    driver.send(call(noon + minute - 1))
    driver.send(call(noon + minute))
    expect(occurrences(driver)).toEqual([`call-${noon}`, `call-${noon + minute - 1}`])
  })
})
