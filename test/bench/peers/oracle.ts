import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startChild } from '../../support/child-process.ts'
import { classPath } from './build.ts'
import { peerPrefix } from './records.ts'

/** What the oracle makes of the stream on the broker. */
export interface Verdict {
  /** `subscriber rule time`, each. */
  readonly moments: ReadonlySet<string>
  readonly duplicates: number
  readonly subscribers: number
  /** Of the reference's own form of its moments, values among them. */
  readonly hash: string
}

/** Reads the stream once and judges it once for each set of edges (`Edges.java`; names with commas between, '' for none). */
export async function askOracle(broker: string, built: string, edges: readonly string[]): Promise<Verdict[]> {
  const folder = mkdtempSync(join(tmpdir(), 'keymoment-oracle-'))
  try {
    const file = join(folder, 'moments')
    const child = await startChild('java', [
      '-Xmx4g',
      '-cp',
      classPath(built, 'core'),
      'km1.Oracle',
      `broker=${broker}`,
      `prefix=${peerPrefix}`,
      `edges=${edges.join(';')}`,
      `file=${file}`,
    ])
    const { code, signal } = await child.exited
    if (code !== 0) throw new Error(`the oracle ended with ${code ?? signal}; it wrote:\n${child.output()}`)
    const lines = child.stdout().trim().split('\n')
    return edges.map((_, i) => {
      const { duplicates, subscribers, hash } = JSON.parse(lines[i] ?? '')
      const moments = readFileSync(`${file}.${i}`, 'utf8').trimEnd().split('\n')
      return { moments: new Set(moments.map(withoutValue)), duplicates, subscribers, hash }
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const withoutValue = (line: string) => line.slice(0, line.lastIndexOf(' '))
