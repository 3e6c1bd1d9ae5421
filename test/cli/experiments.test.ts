import { fastify } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { wallClock } from '../../services/flow/clock.ts'
import { noLearning } from '../../services/learning/learning.ts'
import type { OpenLearning } from '../../services/learning/open.ts'
import { type ExperimentList, learningRoutes, type OddsList } from '../../services/learning/routes.ts'
import type { Campaign } from '../../services/rules/campaigns.ts'
import type { Catalogue } from '../../services/rules/catalogue.ts'
import { catalogueWith } from '../decide/catalogue.ts'
import { keymomentAt } from './keymoment.ts'

const timeout = 60_000
const at = Date.parse('2026-03-02T12:00:00Z')

const variant = { share: 0.5, offers: {}, messages: {}, stopIf: [], whenStopped: 'control' } as const
const growth: Campaign = {
  id: 'growth',
  title: { en: 'Growth' },
  holdout: 0,
  salt: 'growth',
  experiment: 'first',
  control: 'plain',
  variants: [
    { ...variant, id: 'plain' },
    { ...variant, id: 'warm' },
  ],
}
const counted = {
  campaign: 'growth',
  experiment: 'first',
  unsent: 0,
  refused: 0,
  ignored: 0,
  settled: 0,
  first_at: at,
  last_at: at,
}
const known: OpenLearning = {
  ...noLearning,
  talliedAt: at,
  learned: ({ channel }) => (channel === 'sms' ? { accepted: 30, others: 70 } : undefined),
  arms: () => [],
  variantsOf: () =>
    new Map([['warm', { ...counted, variant: 'warm', exposed: 210, unsent: 10, accepted: 20, opted_out: 50 }]]),
  stopOf: (_experiment, id) => (id === 'warm' ? { since: at, reason: 'opt-out rate 25.00 %' } : undefined),
  close: async () => undefined,
}

/** An engine that has only these routes. */
async function engine(catalogue: Partial<Catalogue>, more: Partial<OpenLearning> = {}) {
  const http = fastify()
  onTestFinished(() => http.close())
  const current = { ...catalogueWith(), ...catalogue }
  learningRoutes(http, () => ({ learning: { ...known, ...more }, catalogue: { current }, clock: wallClock }))
  const keymoment = keymomentAt(await http.listen({ host: '127.0.0.1', port: 0 }))
  return {
    get: async <Answer>(path: string) => (await http.inject(path)).json<Answer>(),
    experiments: (...args: readonly string[]) => keymoment('experiments', ...args),
  }
}

test('variants are told with what came of them, and what was stopped, since when and why', { timeout }, async () => {
  const { get, experiments } = await engine({ campaigns: [growth] })
  const answer = await get<ExperimentList>('/v1/experiments')
  expect(answer).toMatchObject({
    tallied_at: '2026-03-02T12:00:00.000Z',
    experiments: [
      {
        campaign: 'growth',
        experiment: 'first',
        variants: [
          { variant: 'plain', is_control: true, exposures: 0, opt_out: null, stopped_since: null },
          {
            variant: 'warm',
            exposures: 200,
            accepted: 20,
            opted_out: 50,
            acceptance: { rate: 0.1 },
            opt_out: { rate: 0.25, low: expect.closeTo(0.194, 3), high: expect.closeTo(0.313, 3) },
            stopped_since: '2026-03-02T12:00:00.000Z',
            stopped_why: 'opt-out rate 25.00 %',
          },
        ],
      },
    ],
  })
  const { code, stdout, stderr } = await experiments()
  expect(code).toBe(0)
  expect(stdout.split('\n').map((line) => line.split(/\s{2,}/).slice(0, 4))).toEqual([
    ['campaign', 'variant', 'share', 'exposures'],
    ['growth', 'plain (control)', '50.00 %', '0'],
    ['growth', 'warm', '50.00 %', '200'],
    [''],
  ])
  expect(stdout).toContain('50: 25.00 % (19.')
  expect(stderr).toContain('stopped since 2026-03-02T12:00:00.000Z: growth warm: opt-out rate 25.00 %')
  expect(stderr).toContain('counted until 2026-03-02T12:00:00.000Z; what happens is counted within 10 s')
  expect(JSON.parse((await experiments('--json')).stdout)).toEqual(answer)
})

test('odds are told with the prior that they come from', { timeout }, async () => {
  const offers = catalogueWith().offers.map((offer) => ({ ...offer, acceptance: { prior: 0.1, strength: 100 } }))
  const { get, experiments } = await engine({ offers: offers.slice(0, 1) })
  const { odds } = await get<OddsList>('/v1/experiments/odds')
  expect(odds).toMatchObject([
    {
      offer: 'booster',
      channel: 'sms',
      segment: null,
      prior: 0.1,
      strength: 100,
      accepted: 30,
      others: 70,
      probability: 0.2,
    },
  ])
  const { stdout } = await experiments('--odds')
  expect(stdout).toMatch(
    /booster {2,}sms {2,}10\.00 % as of 100 {2,}30\.0 {2,}70\.0 {2,}20\.00 % \(14\.\d\d % to 25\.\d\d %\)/,
  )
})

test('what marketing brings is told against those who are held out, with the interval of the difference', {
  timeout,
}, async () => {
  const arm = { campaign: 'welcome', experiment: null, refused: 0, first_at: at, last_at: at }
  const arms = () => [
    { ...arm, arm: 'addressed' as const, windows: 70, bought: 56, opted_out: 3, left: 1 },
    { ...arm, arm: 'held-out' as const, windows: 80, bought: 48, opted_out: 0, left: 4 },
  ]
  const { get, experiments } = await engine({ campaigns: [] }, { arms })
  const { uplift } = await get<ExperimentList>('/v1/experiments')
  expect(uplift).toMatchObject([
    {
      campaign: 'welcome',
      held_out_by: 'campaign',
      addressed: { windows: 70, bought: { rate: 0.8 } },
      held_out: { windows: 80, bought: { rate: 0.6 } },
      uplift: { bought: { difference: expect.closeTo(0.2), low: expect.closeTo(0.0524, 4) } },
    },
  ])
  const { stdout } = await experiments()
  expect(
    stdout
      .split('\n')[1]
      ?.split(/\s{2,}/)
      .slice(0, 7),
  ).toEqual([...['welcome', 'campaign', '70', '80.00 %', '80', '60.00 %'], '20.00 % (5.24 % to 33.39 %)'])
})
