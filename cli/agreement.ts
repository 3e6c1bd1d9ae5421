import { createInterface } from 'node:readline/promises'
import type { Checked } from '../services/catalogue/publish.ts'
import { CodedError } from '../services/domain/errors.ts'
import { impactLines, impactSummary } from './impact-lines.ts'

export interface Asked {
  /** What is done, as the question names it: Publish, Roll back to version 3. */
  readonly act: string
  /** Without being asked. */
  readonly yes: boolean
}

/**
 * Shows what a publication would change, and asks. What is said goes to stderr.
 * @returns whether to go on; false is said, too
 * @throws CodedError KM_USAGE: nobody can be asked, and `yes` isn't given
 */
export async function isAgreed({ impact, last, supersedes, unchanged }: Checked, asked: Asked): Promise<boolean> {
  if (unchanged) return true
  if (impact) {
    say(`${impactSummary(impact)}, against what is in force then (the last version is ${last}):`)
    for (const line of impactLines(impact)) say(line)
  }
  for (const number of supersedes) say(`version ${number} waits for its time: this one takes its place for good`)
  if (asked.yes || (await answersYes(asked.act))) return true
  say('nothing was published')
  return false
}

async function answersYes(act: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new CodedError('KM_USAGE', 'nobody can be asked here, so that nothing was published: add --yes to agree')
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(`${act}? [y/N] `)).trim())
  } finally {
    terminal.close()
  }
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)
