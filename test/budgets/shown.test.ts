import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { topics } from '../../services/topology.ts'
import { controlledEngine } from '../control/controlled-engine.ts'
import { catalogueFolder, smallCatalogue } from '../integration/bad-input/small-catalogue.ts'
import { startChild } from '../support/child-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const root = join(import.meta.dirname, '..', '..')
const budgets = 'budgets: [{ id: more, uses: 1, per: life, for: { offers: [more] } }]\n'
const withBudget = { ...smallCatalogue, 'policy.yaml': `${smallCatalogue['policy.yaml']}${budgets}` }

test('a spent budget shows over HTTP, on the command line and in the metrics, and is spent after a restart too', {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder()
  const catalogue = await catalogueFolder(withBudget)
  const first = await controlledEngine(folder, catalogue)
  for (const who of ['s-1', 's-2']) await first.known(who)
  const shown = async () => (await first.ask('/v1/budgets')).body
  expect(await shown()).toMatchObject({
    budgets: [{ id: 'more', period: 'life', to: null, granted: 0, left: 1 }],
    problems: [],
  })
  await first.toppedUp('r-1', 's-1')
  await first.atLeast(topics.decisions, 1)
  await first.toppedUp('r-2', 's-2')
  const decisions = await first.atLeast(topics.decisions, 2)
  expect(decisions.map(({ outcome, code, until }) => [outcome, code, until]).toSorted()).toEqual([
    ['command', null, null],
    ['suppressed', 'budget', null],
  ])
  expect(await shown()).toMatchObject({
    budgets: [{ id: 'more', of: 'uses', amount: 1, granted: 1, spent: 1, left: 0 }],
  })
  await waitFor(
    'the metrics',
    async () => {
      const text = await first.metrics.registry.getSingleMetricAsString('keymoment_budget_spent')
      return text.includes('keymoment_budget_spent{budget="more"} 1')
    },
    { deadlineMs: 15_000 },
  )

  const command = [join(root, 'bin', 'keymoment.js'), 'budgets', '--url', first.url]
  const child = await startChild(process.execPath, command, { cwd: root })
  onTestFinished(async () => void (await child.kill('SIGKILL').catch(() => undefined)))
  child.end()
  expect((await child.exited).code).toBe(0)
  expect(child.stdout().split('\n')).toEqual([
    'budget  period  of    amount  paced  granted  spent  left  more at  kept for',
    'more    life    uses       1      1        1      1     0',
    '',
  ])
  await first.stop()

  const second = await controlledEngine(folder, catalogue)
  await second.toppedUp('r-3', 's-1')
  await second.atLeast(topics.decisions, 3)
  expect((await second.ask('/v1/budgets')).body).toMatchObject({ budgets: [{ granted: 1, spent: 1, left: 0 }] })
})
