import { readTopic } from '../../services/simulate/read-topic.ts'
import type { Simulated } from '../../services/simulate/simulate.ts'
import { topics } from '../../services/topology.ts'
import { type WaitOptions, waitFor } from '../support/wait-for.ts'
import type { System } from './system.ts'

const shownMost = 10

/** Waits like `waitFor`; what it waited for in vain explains itself by what differs from the simulation. */
export async function waitForAll(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { system, expected, ...options }: WaitOptions & { readonly system: System; readonly expected: Simulated },
): Promise<void> {
  try {
    await waitFor(what, condition, options)
  } catch (error) {
    throw new Error(`${String(error)}\n${await differences(system, expected)}`, { cause: error })
  }
}

/** What the system made of the events, beside what simulate makes of them. */
async function differences({ log, codec }: System, expected: Simulated): Promise<string> {
  const moments = await readTopic(log, codec, topics.moments)
  const decisions = await readTopic(log, codec, topics.decisions)
  const receipts = await readTopic(log, codec, topics.receipts)
  const late = await readTopic(log, codec, topics.late)
  const letters = await readTopic(log, codec, topics.deadLetters)
  const id = ({ moment_id }: { readonly moment_id: string }) => moment_id
  const told = ({ moment_id, rule, subscriber_id, at }: (typeof moments)[number]) =>
    `${rule} of ${subscriber_id} at ${new Date(at).toISOString()} (${moment_id})`
  const outcome = ({ rule, outcome, code }: (typeof decisions)[number]) => `${rule} ${outcome} ${code ?? ''}`
  return [
    ...without('moments that are missing', expected.moments, moments, id, told),
    ...without('moments that nobody expects', moments, expected.moments, id, told),
    ...beside('decisions', expected.decisions.map(outcome), decisions.map(outcome)),
    ...tally(
      'receipts',
      receipts.map(({ status, code }) => `${status} ${code ?? ''}`),
    ),
    ...tally(
      'dead letters',
      letters.map(({ service, code, reason }) => `${service} ${code} ${reason}`),
    ),
    `${late.length} late events`,
  ].join('\n')
}

function without<T>(
  what: string,
  these: readonly T[],
  those: readonly T[],
  key: (one: T) => string,
  told: (one: T) => string,
): string[] {
  const known = new Set(those.map(key))
  const left = [...new Map(these.map((one) => [key(one), one])).values()].filter((one) => !known.has(key(one)))
  return [`${left.length} ${what}`, ...left.slice(0, shownMost).map((one) => `  ${told(one)}`)]
}

function beside(what: string, expected: readonly string[], came: readonly string[]): string[] {
  const [want, have] = [counts(expected), counts(came)]
  const kinds = [...new Set([...want.keys(), ...have.keys()])].sort()
  const differing = kinds.filter((kind) => want.get(kind) !== have.get(kind))
  const lines = differing.map((kind) => `  ${kind}: ${have.get(kind) ?? 0}, not ${want.get(kind) ?? 0}`)
  return [`${came.length} ${what}, expected ${expected.length}`, ...lines]
}

const tally = (what: string, kinds: readonly string[]): string[] => [
  `${kinds.length} ${what}`,
  ...[...counts(kinds)].slice(0, shownMost).map(([kind, count]) => `  ${kind}: ${count}`),
]

function counts(kinds: readonly string[]): Map<string, number> {
  const found = new Map<string, number>()
  for (const kind of kinds) found.set(kind, (found.get(kind) ?? 0) + 1)
  return found
}
