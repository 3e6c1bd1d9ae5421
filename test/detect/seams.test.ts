import { inflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { inSuccession } from '../../services/catalogue/activation.ts'
import { createSchedule } from '../../services/catalogue/schedule.ts'
import type { RulesetSchedule } from '../../services/detect/ruleset-switch.ts'
import type { Catalogue } from '../../services/rules/catalogue.ts'
import type { Ruleset } from '../../services/rules/ruleset.ts'
import { catalogueOf } from './rulesets.ts'
import { ShardDriver } from './shard-driver.ts'

const minute = 60_000
const start = Date.parse('2026-06-01T12:00Z')
const grace = 10 * minute

/** A settled rule is another one in each version, so that of each something may still have to be decided. */
const version = (least: number, length = '30m'): Catalogue =>
  catalogueOf(
    `- { id: calls, title: { en: a }, from: cdr, aggregate: count, window: { rolling: ${length} } }\n`,
    `- { id: busy, moment: change, title: { en: a }, on: cdr, settle: grace, when: calls >= ${least}, purpose: care }\n`,
  )

/** Version n is in force from `apart` minutes behind the one before it on. */
function scheduleOf(catalogues: readonly Catalogue[], apart: number): RulesetSchedule {
  const [first, ...later] = catalogues
  const schedule = createSchedule()
  const followed = later.map((catalogue, i) => ({ catalogue, activatesAt: start + (i + 1) * apart * minute }))
  for (const one of inSuccession(first as Catalogue, followed)) schedule.add(one)
  return (clock) => {
    const found = schedule.at(clock)
    return { ...found, ruleset: found.catalogue.ruleset }
  }
}

const driverOf = (schedule: RulesetSchedule) =>
  new ShardDriver({ ruleset: schedule(start).ruleset, schedule, defaultTimeZone: 'UTC' })

const call = (driver: ShardDriver, at: number, subscriber = 's') =>
  driver.send({
    type: 'cdr',
    value: {
      event_id: `${subscriber} ${at}`,
      subscriber_id: subscriber,
      event_time: start + at * minute,
      source: 'x',
      kind: 'voice',
      direction: 'mo',
      other_party: 'o',
      duration_s: 1,
      end_cause: 'normal',
    },
  })

const seamsNoted = ({ processor }: ShardDriver): number =>
  JSON.parse(inflateRawSync(Buffer.from(processor.note, 'base64')).toString()).seams?.length ?? 0

test('a version that was followed long ago is forgotten, though others came every few minutes since', () => {
  const versions = Array.from({ length: 60 }, (_, i) => version(1 + i))
  const driver = driverOf(scheduleOf(versions, 5))
  const noted = versions.map((_, i) => {
    call(driver, i * 5)
    driver.processor.tick?.(driver)
    return seamsNoted(driver)
  })
  // Each is needed for a grace, and kept for two.
  expect(Math.max(...noted)).toBeLessThanOrEqual(2 * (grace / minute / 5) + 1)
  expect(noted.at(-1)).toBeGreaterThan(0)
  call(driver, 60 * 5 + 3 * (grace / minute))
  driver.processor.tick?.(driver)
  expect(seamsNoted(driver)).toBe(0)
})

test('a version of before that is not what the records are of is compiled once, not for each of them', () => {
  const followed = scheduleOf([version(1), version(2)], 5)
  const before = driverOf(followed)
  const keys = Array.from({ length: 20 }, (_, i) => `s${i}`)
  for (const key of keys) call(before, 1, key)
  call(before, 6)
  before.commit()

  // Another engine, or a history that was cut: in place of the first version there is one that keeps something else.
  let looks = 0
  const other = new Proxy<Ruleset>(version(1, '40m').ruleset, {
    get(target, name) {
      looks++
      return Reflect.get(target, name)
    },
  })
  const present = followed(start + 5 * minute)
  const schedule: RulesetSchedule = (clock) =>
    clock < start + 5 * minute ? { ...followed(clock), ruleset: other } : present
  const after = new ShardDriver({ ruleset: present.ruleset, schedule, defaultTimeZone: 'UTC' })
  after.processor.restore(before.processor.note)
  for (const [key, value] of before.stored) after.stored.set(key, value)
  const looksAt = keys.map((key) => {
    call(after, 7, key)
    return looks
  })
  expect(looksAt[0]).toBeGreaterThan(0)
  expect(looksAt.at(-1)).toBe(looksAt[0])
})
