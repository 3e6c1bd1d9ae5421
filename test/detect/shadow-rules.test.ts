import { expect, test } from 'vitest'
import { topics } from '../../services/topology.ts'
import { catalogueOf, filesOf } from '../catalogue/over-http.ts'
import { startEngine } from '../integration/bad-input/engine.ts'
import { lines, longCall } from '../integration/bad-input/events.ts'
import { catalogueFolder, smallCatalogue } from '../integration/bad-input/small-catalogue.ts'
import { waitFor } from '../support/wait-for.ts'

const [rule] = [smallCatalogue['rules/calls.yaml']]
/** A shorter call, on trial beside the live rule `long-call`. */
const onTrial = `${rule.replace('long-call', 'short-call').replace('>= 600', '>= 60')}mode: shadow\n`
const withTrial = { ...smallCatalogue, 'rules/trial.yaml': onTrial }

const minutesAgo = (count: number) => Date.now() - count * 60_000

test('a shadow rule is recorded and counted apart on live traffic, and never sent; live, it is sent', {
  timeout: 30_000,
}, async () => {
  const engine = await startEngine({ settings: { KEYMOMENT_CATALOGUE_DIR: await catalogueFolder(withTrial) } })
  await engine.ready()
  const both = longCall('both', 's-1', minutesAgo(9))
  const shadowOnly = longCall('shadow-only', 's-2', minutesAgo(8), { duration_s: 100 })
  await engine.post(lines([both, shadowOnly]))

  const decisions = await engine.atLeast(topics.decisions, 3)
  const moments = await engine.records(topics.moments)
  const said = moments.map((moment) => `${moment.occurrence} ${moment.rule} ${moment.mode}`)
  expect(said.toSorted()).toEqual(['both long-call live', 'both short-call shadow', 'shadow-only short-call shadow'])
  expect(decisions.map(({ rule, outcome, code }) => `${rule} ${outcome} ${code}`).toSorted()).toEqual([
    'long-call command null',
    'short-call suppressed shadow',
    'short-call suppressed shadow',
  ])
  expect((await engine.atLeast(topics.commands.sms, 1)).map(({ rule }) => rule)).toEqual(['long-call'])
  expect((await engine.metrics.moments.get()).values).toEqual([
    { labels: { kind: 'change', rule: 'long-call' }, value: 1 },
  ])
  expect((await engine.metrics.shadowMoments.get()).values).toEqual([{ labels: { rule: 'short-call' }, value: 2 }])

  // Its trial is over: what happens from now on is sent.
  const live = { ...withTrial, 'rules/trial.yaml': onTrial.replace('mode: shadow\n', '') }
  const { body } = await catalogueOf(engine.url).publish(filesOf(live))
  await waitFor('the activation', async () => Date.now() > (body.activates_at ?? Number.POSITIVE_INFINITY))
  await engine.post(lines([longCall('live', 's-2', body.activates_at ?? 0, { duration_s: 100 })]))
  const commands = await engine.atLeast(topics.commands.sms, 2)
  expect(commands.map(({ subscriber_id, rule }) => `${subscriber_id} ${rule}`).toSorted()).toEqual([
    's-1 long-call',
    's-2 short-call',
  ])
  expect((await engine.metrics.shadowMoments.get()).values).toEqual([{ labels: { rule: 'short-call' }, value: 2 }])
})
