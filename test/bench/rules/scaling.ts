import { loadavg } from 'node:os'
import { join } from 'node:path'
import { startChild } from '../../support/child-process.ts'
import { circumstances, median, number, type Section, spread, table } from '../page.ts'
import type { RulesMeasured } from './measure.ts'
import { type Shape, shapes } from './shapes.ts'

const sizes = [10, 100, 1_000, 5_000]

export interface ScalingOptions {
  /** Each shape and size so often, each time in a process of its own, all of them in turn. */
  readonly repeats: number
  /** Of KM-1, before those are left out that the shape has no use for. */
  readonly events: number
}

type Results = ReadonlyMap<string, readonly RulesMeasured[]>
const nameOf = (shape: Shape, rules: number): string => `${shape.name} ${rules}`

/** What an event costs under 10 to 5,000 rules, how long those take to load, and what they keep. */
export async function measureScaling(options: ScalingOptions, say: (line: string) => void): Promise<Section> {
  const results = new Map<string, RulesMeasured[]>()
  const loads: number[] = []
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    for (const rules of sizes) {
      for (const shape of shapes) {
        loads.push(loadavg()[0] ?? 0)
        const name = nameOf(shape, rules)
        const measured = await measure(shape, rules, options.events)
        results.set(name, [...(results.get(name) ?? []), measured])
        say(`${name}: ${number(Math.min(...measured.microsPerEvent), 2)} us, loaded in ${number(measured.loadMs)} ms`)
      }
    }
  }
  return { title: 'Rules: 10 to 5,000', text: textOf(results, loads, options) }
}

/** One shape and size in a process of its own. @throws Error when that fails */
export async function measure(shape: Shape, rules: number, events: number): Promise<RulesMeasured> {
  const script = join(import.meta.dirname, 'measure.ts')
  const args = [`shape=${shape.name}`, `rules=${rules}`, `events=${events}`]
  const child = await startChild(process.execPath, [script, ...args])
  const { code } = await child.exited
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}; it wrote:\n${child.output()}`)
  return JSON.parse(child.stdout())
}

function textOf(results: Results, loads: readonly number[], { repeats, events }: ScalingOptions): string {
  const of = (shape: Shape, rules: number) => results.get(nameOf(shape, rules)) ?? []
  const rowsOf = (cell: (measured: readonly RulesMeasured[]) => string) =>
    shapes.map((shape) => [shape.name, ...sizes.map((rules) => cell(of(shape, rules)))])
  const head = (what: string) => [what, ...sizes.map((rules) => `${number(rules)} rules`)]
  const one = (value: (measured: RulesMeasured) => number, digits: number) => (all: readonly RulesMeasured[]) =>
    number(median(all.map(value)), digits)
  const slowest = Math.max(
    ...shapes.flatMap((shape) => of(shape, 1_000)).map(({ loadMs, compileMs }) => loadMs + compileMs),
  )

  return `${circumstances(`npm run bench -- --only rules --runs ${repeats}`, loads)} All shapes and sizes in turn, each in a process of its own, ${repeats === 1 ? 'once' : `${repeats} times`}.

${shapes.map(({ name, says, concerns }) => `- **${name}**: ${says}; an event concerns ${concerns}`).join('\n')}

CPU of detect's step alone, microseconds an event (least/median/most of all rounds but each process's first):

${table(
  head('shape'),
  rowsOf((all) =>
    spread(
      all.flatMap(({ microsPerEvent }) => microsPerEvent),
      2,
    ),
  ),
)}

Conditions that were looked at, an event:

${table(head('shape'), rowsOf(one(({ conditionsPerEvent }) => conditionsPerEvent, 2)))}

Moments, a thousand events: each costs as much as some tens of events that fire nothing.

${table(
  head('shape'),
  rowsOf((all) => number(median(all.map(({ moments, events }) => (1_000 * moments) / events)), 1)),
)}

Load time in milliseconds, as the first thing that a process does: reading and checking the files + compiling them (least/median/most of the sum). The slowest of 1,000 rules took ${number(slowest)} ms; the promise is 2,000.

${table(
  head('shape'),
  rowsOf((all) =>
    spread(
      all.map(({ loadMs, compileMs }) => loadMs + compileMs),
      0,
    ),
  ),
)}

State, bytes a subscriber (${number(events)} events of KM-1, those of other types left out):

${table(head('shape'), rowsOf(one(({ bytesPerSubscriber }) => bytesPerSubscriber, 0)))}
`
}
