import { existsSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { startChild } from '../support/child-process.ts'
import { circumstances, median, number, type Section, spread, table } from './page.ts'

export interface BeforeAndAfterOptions {
  /** A checkout of the earlier state, its node_modules installed. */
  readonly folder: string
  readonly runs: number
  readonly events: number
  readonly say: (line: string) => void
}

/** What `detect-step.ts` prints. */
interface Line {
  readonly cpu_s_per_million: number
  readonly warm_cpu_s_per_million: number
  readonly moments_without_timers: number
  readonly state_bytes_per_subscriber: number
}

/**
 * The cost of the step on the reference job in an earlier state and in this one, in turn, under the rules that both know
 * (sequences are left out, which the earlier one has no words for), and in this one under all hundred.
 */
export async function measureBeforeAndAfter({ folder, runs, events, say }: BeforeAndAfterOptions): Promise<Section> {
  const script = join('test', 'bench', 'detect-step.ts')
  if (!existsSync(join(folder, script))) throw new RangeError(`--against: there is no ${script} in ${folder}`)
  const here = join(import.meta.dirname, '..', '..')
  const sides = [
    { name: 'before, 90 rules', folder, args: [] },
    { name: 'now, 90 rules', folder: here, args: ['without=sequence'] },
    { name: 'now, 100 rules', folder: here, args: [] },
  ]
  const lines = new Map<string, Line[]>(sides.map(({ name }) => [name, []]))
  const loads: number[] = []
  for (let run = 0; run < runs; run++) {
    for (const { name, folder, args } of sides) {
      loads.push(loadavg()[0] ?? 0)
      const given = [script, `events=${events}`, 'rounds=2', ...args]
      const child = await startChild(process.execPath, given, { cwd: folder })
      const { code } = await child.exited
      if (code !== 0)
        throw new Error(`${given.join(' ')} in ${folder} ended with ${code}; it wrote:\n${child.output()}`)
      const own = child
        .stdout()
        .trim()
        .split('\n')
        .map((line): Line => JSON.parse(line))
      lines.get(name)?.push(...own)
      say(`${name}: ${own.map((line) => line.cpu_s_per_million).join(', ')} CPU s per million`)
    }
  }
  const of = (name: string) => lines.get(name) ?? []
  const rows = sides.map(({ name }) => {
    const own = of(name)
    const figures = [
      spread(
        own.map((line) => line.cpu_s_per_million),
        2,
      ),
      spread(
        own.map((line) => line.warm_cpu_s_per_million),
        2,
      ),
      number(median(own.map((line) => line.state_bytes_per_subscriber))),
      number(median(own.map((line) => line.moments_without_timers))),
    ]
    return [name, ...figures]
  })
  const warm = (name: string) => of(name).map((line) => line.warm_cpu_s_per_million)
  const ratios = warm('now, 90 rules').map((value, i) => value / (warm('before, 90 rules')[i] ?? Number.NaN))
  const text = `${circumstances('npm run bench -- --against FOLDER', loads)} \`FOLDER\` is a checkout of 197e9c2, the last state before the language of issue 4. Detect's step alone on ${number(events)} events of KM-1, ${runs} processes of two rounds each, in turn.

${table(['', 'CPU s per million', 'second half', 'bytes a subscriber', 'moments without timers'], rows)}

Ratio of the second halves, now to before under the same 90 rules, pair by pair: ${spread(ratios, 2)}.
`
  return { title: 'The step before and after issue 4', text }
}
