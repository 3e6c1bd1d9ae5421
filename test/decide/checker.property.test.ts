import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { createDecideStep } from '../../services/decide/step.ts'
import { breachesOf } from './checker/breaches.ts'
import { lives } from './checker/lives.ts'
import { record } from './checker/record.ts'
import { unfounded } from './checker/unfounded.ts'
import { policies, worlds } from './checker/worlds.ts'

/** More by hand: CHECKER_RUNS=100000. */
const runs = Number(process.env.CHECKER_RUNS ?? 300)

const part = fc.nat({ max: 1000 }).map((some) => some / 1000)

/** That each reason comes up in them is shown by the faults that are planted in checker.test.ts. */
describe('random subscribers under random policies', () => {
  it('get nothing that breaks the policy, and are refused nothing for a reason that does not hold', {
    timeout: 120_000,
  }, () => {
    fc.assert(
      fc.property(
        worlds,
        lives,
        fc.array(part, { minLength: 3, maxLength: 3 }),
        (catalogue, { stream, calls }, parts) => {
          const history = record(createDecideStep(catalogue), stream, calls)
          const breaches = breachesOf(history, catalogue, [1, ...parts]).filter(
            ({ command }) => !calls.includes(command),
          )
          expect(breaches.map(({ told }) => told)).toEqual([])
          expect(unfounded(history, catalogue)).toEqual([])
        },
      ),
      { numRuns: runs },
    )
  })
})

/** What of a policy the checker has no opinion on: it says how and not whether. */
const ofTheText = [
  'defaultLanguage',
  'currency',
  'variables',
  'optOutText',
  'segmentsMost',
  'categories',
  'defaultCategory',
]
/** What is spent is counted over all subscribers, and has a checker of its own. */
const ofTheLedger = ['budgets']
/** What is learned weighs what may be sent, and lets nothing be sent. */
const ofLearning = ['answerWithin', 'learning']
/** People have commands of their own; what they hold back is tried in test/desk and as timelines. */
const ofPeople = ['humanChannels']
/** Who is meant is said by rules and campaigns, which are the same for all here: timelines show it. */
const ofTheAudience = ['pilots']
/** Which channel is taken is no matter of whether: what is said through the next one has tests of its own. */
const ofChannels = ['channels', 'channelOrder', 'noAddressFor']
/** As the policy is read. */
const readAs: Readonly<Record<string, string>> = { holdoutSalt: 'holdout' }

test('the random policies have all that a policy may have', () => {
  const schema = JSON.parse(readFileSync('schemas/policy.schema.json', 'utf8'))
  const keys = Object.keys(schema.$defs.policy.properties).map((key) =>
    key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  )
  const drawn = new Set(fc.sample(policies, { numRuns: 200, seed: 1 }).flatMap((policy) => Object.keys(policy)))
  const missing = keys.filter(
    (key) =>
      !drawn.has(readAs[key] ?? key) &&
      ![...ofTheText, ...ofTheLedger, ...ofChannels, ...ofLearning, ...ofPeople, ...ofTheAudience].includes(key),
  )
  expect(missing).toEqual([])
})
