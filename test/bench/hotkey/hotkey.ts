import { loadavg } from 'node:os'
import { join } from 'node:path'
import { startChild } from '../../support/child-process.ts'
import { circumstances, number, type Section, table } from '../page.ts'
import type { HotKeyMeasured } from './measure.ts'

export interface HotKeyOptions {
  readonly quick: boolean
  readonly say: (line: string) => void
}

/** The same events with and without a machine SIM that has a tenth of them; faster and faster, so that windows hold more. */
const cases = [
  { name: 'nobody has more than others', every: 0, faster: 100 },
  { name: 'one has 1 %', every: 100, faster: 100 },
  { name: 'one has 10 %', every: 10, faster: 100 },
  { name: 'one has 10 %, 20 times as dense', every: 10, faster: 2_000 },
] as const

/** @throws Error when a process fails */
export async function measureHotKey({ quick, say }: HotKeyOptions): Promise<Section> {
  const events = quick ? 20_000 : 200_000
  const loads: number[] = []
  const rows: { readonly name: string; readonly measured: HotKeyMeasured }[] = []
  for (const { name, every, faster } of cases) {
    loads.push(loadavg()[0] ?? 0)
    const measured = await measureIn(events, every, faster)
    rows.push({ name, measured })
    say(`${name}: ${measured.microsPerEvent.toFixed(1)} us an event`)
  }
  return { title: 'A hot subscriber', text: textOf(rows, loads, quick) }
}

/** One case in a process of its own. */
async function measureIn(events: number, every: number, faster: number): Promise<HotKeyMeasured> {
  const args = [events, every, faster].map(String)
  const child = await startChild(process.execPath, [join(import.meta.dirname, 'measure.ts'), ...args])
  const { code } = await child.exited
  if (code !== 0) throw new Error(`hotkey ${args.join(' ')} ended with ${code}; it wrote:\n${child.output()}`)
  return JSON.parse(child.stdout())
}

function textOf(
  rows: readonly { readonly name: string; readonly measured: HotKeyMeasured }[],
  loads: readonly number[],
  quick: boolean,
): string {
  const base = rows[0]?.measured.microsPerEvent ?? Number.NaN
  const cells = rows.map(({ name, measured }) => {
    const { events, hotEvents, microsPerEvent, hotBytes, bounds } = measured
    const share = hotEvents / events
    const own = share > 0 ? (microsPerEvent - (1 - share) * base) / share : Number.NaN
    return [
      name,
      number(microsPerEvent, 1),
      share > 0 ? number(own, 0) : '',
      share > 0 ? number(hotBytes) : '',
      number(bounds.inexact ?? 0),
      number((bounds.patternOverflows ?? 0) + (bounds.firingOverflows ?? 0)),
      number(bounds.seenOverflows ?? 0),
      number(bounds.heldOverflows ?? 0),
    ]
  })
  return `${circumstances(`npm run bench -- --only hotkey${quick ? ' --quick' : ''}`, loads)} Detect's step alone under the shipped catalogue, ${number(rows[0]?.measured.events ?? 0)} events of KM-1 whose ten days pass 100 (2,000) times as fast: CPU microseconds an event of the second half, once everything is compiled. What the machine SIM's own event costs is reckoned from the difference to the first row, others' events costing what they cost there.

${table(['', 'us an event', 'us an event of its own', 'its record, bytes', 'window entries joined', 'marks and firings pushed out', 'ids pushed out', 'settled early'], cells)}

- What its event costs doesn't grow with its history: in the last row as much happens to it in a twentieth of the time, and its record is no larger, as the bounds of the last columns stop windows, rings and patterns (counted in \`keymoment_detect_dropped_total\`).
- Its shard pays for it, and no other. The step is measured here; delays on the log are not.
`
}
