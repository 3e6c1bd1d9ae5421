import { beforeAll, describe, expect, test } from 'vitest'
import { openCatalogue, shippedCatalogue } from '../../../services/platform/catalogue-source.ts'
import { createCodec } from '../../../services/records/create-codec.ts'
import { createEmbeddedRegistry } from '../../../services/records/embedded-registry.ts'
import type { SchemaRegistry } from '../../../services/records/registry.ts'
import type { Catalogue } from '../../../services/rules/catalogue.ts'
import { nextChannel } from './in-process.ts'
import { type DecideJob, makeJob, recordsFor } from './job.ts'
import { zoneOfNoon } from './latency.ts'
import { decideSection, differing } from './report.ts'
import { createMoments, subscriberId } from './stream.ts'
import type { DecideRun } from './throughput.ts'

const plan = { seed: 5, subscribers: 300, moments: 3_000, zone: 'Asia/Shanghai' }

let catalogue: Catalogue
let job: DecideJob

beforeAll(async () => {
  catalogue = await openCatalogue(shippedCatalogue)
  job = makeJob(plan, catalogue, await createCodec(createEmbeddedRegistry(':memory:')))
}, 120_000)

describe('what decide is measured with', () => {
  test('has commands, moments that wait, and the common reasons for silence', () => {
    const names = [...job.expected.keys()]
    for (const name of ['command', 'recorded', 'deferred: quiet-hours', 'suppressed: consent', 'suppressed: cap']) {
      expect(names).toContain(name)
    }
    expect(job.receipts).toBeGreaterThan(job.expected.get('command') ?? 0)
  })

  test('gives every moment one last decision', () => {
    const last = [...job.expected].filter(([name]) => !name.startsWith('deferred') && !name.endsWith(nextChannel))
    expect(last.reduce((sum, [, count]) => sum + count, 0)).toBe(plan.moments)
  })

  test('is the same again', { timeout: 60_000 }, () => {
    expect(makeJob(plan, catalogue, job.codec).expected).toEqual(job.expected)
  })

  test('has no rule twice for a subscriber, until all were there', () => {
    const make = createMoments({ ...plan, subscribers: 1 }, catalogue.ruleset)
    const { length } = catalogue.ruleset.rules
    const rules = Array.from({ length }, (_, i) => make(i, 0)).map(({ rule, subscriber_id }) => {
      expect(subscriber_id).toBe(subscriberId(0))
      return rule
    })
    expect(new Set(rules).size).toBe(length)
  })

  test('is read under another registry’s numbers', async () => {
    const registry = createEmbeddedRegistry(':memory:')
    const later: SchemaRegistry = {
      ...registry,
      register: async (...given) => 500 + (await registry.register(...given)),
      schema: async () => undefined,
    }
    const other = await createCodec(later)
    const [first] = job.rest
    const [record] = recordsFor(other, job, job.rest)
    const moment = other.decode('moment', record?.value as Buffer, 0, record?.value.length ?? 0)
    expect(moment.subscriber_id).toBe(first?.key)
  })
})

describe('a run that', () => {
  const run = (own: Partial<DecideRun>): DecideRun =>
    ({ seconds: 0.1, tally: job.expected, moments: plan.moments, deadLetters: 0, ...own }) as DecideRun

  test.each([
    ['comes to the same is as it should be', () => run({}), 0],
    ['lost a decision is told', () => run({ tally: new Map([...job.expected].slice(1)) }), 1],
    ['counts another way is told', () => run({ tally: new Map([...job.expected, ['command', 0]]) }), 1],
    ['found moments of somebody else is told', () => run({ moments: plan.moments + 1 }), 1],
    ['made dead letters is told', () => run({ deadLetters: 1 }), 1],
  ])('%s', (_, made, count) => {
    expect(differing({ job, results: [made()] })).toHaveLength(count)
  })

  test('is fast enough is said to be, and another isn’t', () => {
    const about = { job, subscribers: 300, latencies: new Map(), seconds: 60, skip: 20, loads: [0] }
    expect(decideSection({ ...about, results: [run({ seconds: 0.1 })] }).text).toContain('Measured: 30,000: met')
    expect(decideSection({ ...about, results: [run({ seconds: 1 })] }).text).toContain('Measured: 3,000: **not met**')
  })
})

test.each(Array.from({ length: 24 }, (_, hours) => [hours]))('at %i hours UTC it is noon somewhere', (hours) => {
  const at = Date.UTC(2026, 10, 22, hours, 30)
  expect(new Intl.DateTimeFormat('sv-SE', { timeZone: zoneOfNoon(hours), hour: 'numeric' }).format(at)).toBe('12')
})
