import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createBacktests } from '../../services/backtest/service.ts'
import { decide } from '../../services/decide/service.ts'
import { createDeliver } from '../../services/deliver/service.ts'
import { detect } from '../../services/detect/service.ts'
import { createIngest } from '../../services/ingest/service.ts'
import { recordsOf } from '../../services/records/to-log.ts'
import type { Decision } from '../../services/records/types.ts'
import { topics } from '../../services/topology.ts'
import { backtestsOf } from '../backtest/over-http.ts'
import { servers } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { startEngine } from './bad-input/engine.ts'
import { lines, profile, recharge } from './bad-input/events.ts'
import { ownSpace } from './bad-input/own-space.ts'
import { catalogueFolder, save, smallCatalogue } from './bad-input/small-catalogue.ts'
import { profiles, recentCalls } from './calls.ts'
import { catalogueFolder as ofCalls } from './system.ts'

const minute = 60_000
const day = 24 * 60 * minute

/** Windows of three days, absences of a day, first times; one message of marketing in 12 hours. */
async function ownCatalogue(): Promise<string> {
  const files = readdirSync(ofCalls, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(ofCalls, name)).isFile(),
  )
  const folder = await catalogueFolder(
    Object.fromEntries(files.map((name) => [name, readFileSync(join(ofCalls, name), 'utf8')])),
  )
  const policy = readFileSync(join(ofCalls, 'policy.yaml'), 'utf8')
  await save(folder, 'policy.yaml', policy.replace('gaps: {}', 'gaps: { marketing: 12h }'))
  await save(folder, 'rules/money.yaml', smallCatalogue['rules/money.yaml'])
  await save(
    folder,
    'offers/more.yaml',
    smallCatalogue['offers/offers.yaml'].slice(smallCatalogue['offers/offers.yaml'].indexOf('- id: more')),
  )
  return folder
}

test('on Kafka and Redis it finds what the engine has fired and decided, out of the same log', {
  timeout: 4 * minute,
}, async () => {
  expect(servers.kafkaBrokers).not.toEqual([])
  const settings = { ...(await ownSpace('backtest')), KEYMOMENT_CATALOGUE_DIR: await ownCatalogue() }
  // Calls of five days that end a day ago. They are on the log before anybody reads it, so that none is late.
  const calls = recentCalls(Date.now(), 1_500)
  const before = await startEngine({ settings, deployables: [createIngest()] })
  await before.ready(minute)
  const { log, codec } = await before.running.started
  await log.append(recordsOf([...profiles(calls), ...calls], codec))
  await before.stop()

  const began = Date.now()
  const engine = await startEngine({
    settings,
    deployables: [createDeliver(), decide, detect, createIngest(), createBacktests()],
  })
  await engine.ready(minute)
  // A subscriber without a number: what is sent to her comes back as failed.
  await engine.post(lines([profile('p', 'unreachable', Date.now() - day)]))
  await engine.post(lines([recharge('r1', 'unreachable', Date.now() - minute)]))
  const receipts = async () => engine.records(topics.receipts)
  const failed = async () => (await receipts()).some(({ subscriber_id: who }) => who === 'unreachable')
  await waitFor('the receipt of the first message', failed, { deadlineMs: minute, everyMs: 250 })
  await engine.post(lines([recharge('r2', 'unreachable', Date.now())]))
  const settled = async () => {
    const decisions = await engine.records(topics.decisions)
    return decisions.filter(({ subscriber_id: who }) => who === 'unreachable').length === 2
  }
  await waitFor('both to be decided', settled, { deadlineMs: minute, everyMs: 250 })

  // A period that begins in the midst of the calls: what came before has to be known for it.
  const times = calls.map(({ record }) => record.event_time).toSorted((a, b) => a - b)
  const from = times[Math.floor(times.length / 2)] ?? 0
  const backtests = backtestsOf(engine.url)
  const { files } = (await (await fetch(new URL('/v1/catalogue/versions/1', engine.url))).json()) as Files
  // Against a catalogue without rules every moment is one that is added, and told as an example.
  const against = { files: files.filter(({ path }) => !path.startsWith('rules/')) }
  const report = await backtests.report({ files, against, from, examples: 100 })
  const examples = report.rules.flatMap(({ examples: { added } }) => added)
  expect(examples).toHaveLength(report.total.candidate)
  expect(report.total).toMatchObject({ present: 0, gone: 0 })
  expect(examples.length).toBeGreaterThan(100)

  // The engine is days behind when it begins: marketing waits until detect has caught up, and what served somebody meanwhile
  // counts towards the gap. A backtest is never behind, and sends both.
  const hasWaited = ({ purpose, code, evidence }: Decision) =>
    purpose === 'marketing' && code === 'gap' && Number(evidence['gap.last_touch_at']) >= began
  const live = async () => {
    const moments = (await engine.records(topics.moments)).filter(({ at }) => at >= from)
    const decided = new Map(
      (await engine.records(topics.decisions)).map((one) => {
        return [one.moment_id, hasWaited(one) ? { outcome: 'command' } : one]
      }),
    )
    return moments.map(({ moment_id: id }) => verdict(id, decided.get(id))).toSorted()
  }
  // The last deadlines come when the engine's shards see that nothing more is there.
  const isThrough = async () => (await live()).filter((one) => !one.endsWith('nothing')).length >= examples.length
  await waitFor('the engine to have fired as much', isThrough, { deadlineMs: minute, everyMs: 250 })
  expect(examples.map(({ moment_id, decision }) => verdict(moment_id, decision)).toSorted()).toEqual(await live())
  // The second message to her wasn't sent, as she had no number for the first one: only the receipts tell.
  const hers = examples.filter(({ subscriber_id: who }) => who === 'unreachable')
  expect(hers.map(({ decision }) => [decision?.outcome, decision?.code ?? null])).toEqual([
    ['command', null],
    ['suppressed', 'no-address'],
  ])
  expect(report.recorded.receipts).toBeGreaterThan(0)
  expect(report.notes).toEqual([])

  // Without what came before, windows and absences are others.
  const blind = await backtests.report({ files, against, from, warm_up_ms: 0 })
  expect(blind.total.candidate).not.toBe(report.total.candidate)
})

interface Files {
  readonly files: readonly { readonly path: string; readonly text: string }[]
}

/** A moment with what was decided of it last. */
function verdict(
  id: string,
  decision: { readonly outcome: string; readonly code?: string | null } | null | undefined,
): string {
  return `${id} ${decision ? `${decision.outcome} ${decision.code ?? ''}` : 'nothing'}`
}
