import { describe, expect, test } from 'vitest'
import { type CrashPoint, crashPoints } from '../conformance/crash-points.ts'
import type { Submit } from '../counterparts/run-smsc.ts'
import { crashSection, crashSectionOf } from './crash-section.ts'
import { cellsOf, faultsOf, isStruck, type Trial, type TrialEvidence, type TrialPurpose } from './crash-trial.ts'
import type { Logged } from './read-log.ts'

const killedAt = 1_000

const trial = (point: CrashPoint, purpose: TrialPurpose = 'marketing'): Trial =>
  ({ point, purpose, command: { command_id: 'c' }, number: '49', killedAt }) as unknown as Trial

/** Evidence as words with a time each: `attempt@900 00@950 silent@950 accepted@1200`. */
function evidence(words: string): TrialEvidence {
  const attempts: Logged<unknown>[] = []
  const receipts: Logged<unknown>[] = []
  const submits: unknown[] = []
  for (const [, what = '', at] of words.matchAll(/([\w-]+)@(\d+)/g)) {
    const appendedAt = Number(at)
    if (what === 'attempt') attempts.push({ value: { command_id: 'c' }, appendedAt })
    else if (['00', 'silent', '58'].includes(what)) submits.push({ destination: '49', at: appendedAt, answer: what })
    else receipts.push({ value: { command_id: 'c', status: what }, appendedAt })
  }
  return { outputs: { attempts, receipts } as TrialEvidence['outputs'], submits: submits as Submit[] }
}

const [logged, sent, answered, told] = crashPoints

test.each<[point: CrashPoint, words: string, struck: boolean]>([
  [logged, '', true],
  [logged, 'attempt@1200 00@1300', true],
  [logged, 'attempt@900', false],
  [sent, 'attempt@900', true],
  [sent, 'attempt@900 00@1100', true],
  [sent, 'attempt@900 00@950', false],
  [sent, '', false],
  [answered, 'attempt@900 silent@950', true],
  [answered, 'attempt@900 00@950', false],
  [answered, 'attempt@900', false],
  [told, 'attempt@900 00@950', true],
  [told, 'attempt@900 00@950 accepted@1400', true],
  [told, 'attempt@900 00@950 accepted@980', false],
  [told, 'attempt@900 silent@950', false],
])('a kill %s, of %j: struck %s', (point, words, struck) => {
  expect(isStruck(trial(point), evidence(words))).toBe(struck)
})

describe('what came of a command', () => {
  test.each<[purpose: TrialPurpose, words: string, faults: readonly string[]]>([
    ['marketing', 'attempt@900 silent@950 unknown@1200', []],
    ['marketing', 'attempt@900 silent@950', ['of 1 nothing was told']],
    ['marketing', 'attempt@900 silent@950 00@1100 accepted@1200', ['1 left more than once']],
    ['marketing', 'attempt@900 silent@950 failed@1200', ["of 1 something was told that isn't so"]],
    ['service', 'attempt@900 silent@950 00@1100 accepted@1200', []],
    ['service', 'attempt@900 silent@950 unknown@1200', []],
  ])('%s, %j: %j', (purpose, words, faults) => {
    const found = cellsOf([trial(answered, purpose)], evidence(words)).flatMap(faultsOf)
    expect(found).toEqual(faults.map((fault) => `${purpose}, ${answered}: ${fault}`))
  })

  test.each<[purpose: TrialPurpose, words: string, faults: readonly string[]]>([
    ['marketing', 'unknown@1200', []],
    ['marketing', 'accepted@1200', ["of 1 something was told that isn't so"]],
    ['service', 'unknown@1200', ['1 never left']],
    ['service', '58@1100 00@1200 accepted@1300', []],
  ])('before the attempt, %s, %j: %j', (purpose, words, faults) => {
    const found = cellsOf([trial(logged, purpose)], evidence(words)).flatMap(faultsOf)
    expect(found).toEqual(faults.map((fault) => `${purpose}, ${logged}: ${fault}`))
  })

  test('doesn’t count where its point was missed', () => {
    const kills = cellsOf([trial(logged), trial(sent)], evidence('attempt@900')).map((cell) => cell.kills)
    expect(kills).toEqual([0, 0, 1, 0, 0, 0, 0, 0])
  })
})

test('the matrix is the end of its page, and is found there again', () => {
  const cells = cellsOf([trial(logged)], evidence('unknown@1200'))
  const section = crashSection({ cells, missed: 2, minutes: 1 }, 'a command')
  expect(section.split('\n')).toContain(`| ${logged} | marketing | 1 | 0 | 0 | 1 | 0 | 1 | 0 | 0 |`)
  expect(crashSectionOf(`# A page\n\n${section}`)).toBe(section)
  expect(crashSectionOf('# A page\n')).toBe('')
})
