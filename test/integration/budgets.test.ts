import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLedger } from '../../services/budgets/ledger.ts'
import type { Consent, Decision, Moment } from '../../services/records/types.ts'
import { readTopic } from '../../services/simulate/read-topic.ts'
import { topics } from '../../services/topology.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { catalogueFolder, createSystem, type System } from './system.ts'

const minutes = 60_000
const there = 40
const wanted = 120

test('two processes at the edge of a budget, one of them killed and one that comes: not one more than there is, and who lost is told', {
  timeout: 4 * minutes,
}, async () => {
  const system = await createSystem({ catalogue: { dir: catalogueWithBudget(), watch: false } })
  const now = Date.now()
  const all = Array.from({ length: wanted }, (_, i) => `s-${i}`)
  await consented(system, all, now)
  // Marketing waits where nobody reads what subscribers do.
  await system.start('detect')
  const first = await system.start('decide')
  const second = await system.start('decide')
  for (const decide of [first, second]) await decide.waitForLine(/shard taken over/, 60_000)

  await noticed(system, all.slice(0, 20))
  await waitFor('the first', async () => (await decided(system)).length >= 20, { deadlineMs: 60_000, everyMs: 200 })
  // What it held is lost to the day; what it decided stands.
  await second.kill('SIGKILL')
  await noticed(system, all.slice(20, 60))
  await system.start('decide')
  await noticed(system, all.slice(60))
  await waitFor('all', async () => distinctMoments(await decided(system)) >= wanted, {
    deadlineMs: 120_000,
    everyMs: 500,
  })

  const decisions = await decided(system)
  const commands = new Set(decisions.filter(({ outcome }) => outcome === 'command').map(({ moment_id }) => moment_id))
  const refused = decisions.filter(({ outcome }) => outcome === 'suppressed')
  expect([...new Set(refused.map(({ code }) => code))]).toEqual(['budget'])
  // A tranche is one use: at most what was under way in the process that was killed is lost.
  expect(commands.size).toBeLessThanOrEqual(there)
  expect(commands.size).toBeGreaterThan(there - 12)
  for (const { evidence, until } of refused) {
    expect(evidence).toMatchObject({ 'budget.id': 'welcomes', 'budget.reason': 'spent', 'budget.granted': there })
    expect(until).toBeGreaterThan(now)
  }
  const ledger = createLedger(() => now)
  for (const record of await readTopic(system.log, system.codec, topics.budgets)) ledger.take(record)
  expect(ledger.accounts('welcomes').map(({ granted }) => granted)).toEqual([there])
})

/** The small one, with a budget on what it says to newcomers. */
function catalogueWithBudget(): string {
  const folder = temporaryFolder()
  cpSync(catalogueFolder, folder, { recursive: true })
  const file = join(folder, 'policy.yaml')
  const budget = `budgets: [{ id: welcomes, uses: ${there}, per: month, for: { offers: [welcome] } }]\n`
  writeFileSync(file, `${readFileSync(file, 'utf8')}${budget}`)
  return folder
}

async function consented({ log, codec }: System, subscribers: readonly string[], now: number): Promise<void> {
  const marketing: Consent = { state: 'granted', since: now - minutes, source: 'crm', evidence_ref: null }
  await log.append(
    subscribers.map((subscriber_id) => ({
      topic: topics.events.profile.name,
      key: subscriber_id,
      value: codec.encode(topics.events.profile, {
        event_id: `p-${subscriber_id}`,
        subscriber_id,
        event_time: now - minutes,
        source: 'crm',
        consent: { sms: { marketing } },
      }),
    })),
  )
}

/** As detect would say it. */
async function noticed({ log, codec }: System, subscribers: readonly string[]): Promise<void> {
  const at = Date.now()
  await log.append(
    subscribers.map((subscriber_id) => {
      const moment: Moment = {
        moment_id: `m-${subscriber_id}`,
        subscriber_id,
        detected_at: at,
        at,
        triggered_at: at,
        rule: 'first-call',
        rule_version: '1',
        kind: 'first',
        purpose: 'marketing',
        occurrence: subscriber_id,
        expires_at: at + 60 * minutes,
        evidence: {},
        offers: ['welcome'],
        segments: {},
        mode: 'live',
      }
      return { topic: topics.moments.name, key: subscriber_id, value: codec.encode(topics.moments, moment) }
    }),
  )
}

const decided = ({ log, codec }: System): Promise<readonly Decision[]> => readTopic(log, codec, topics.decisions)

const distinctMoments = (decisions: readonly Decision[]): number =>
  new Set(decisions.map(({ moment_id }) => moment_id)).size
