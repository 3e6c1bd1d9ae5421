/*
 * `npm run bench`: detect on the stream of the reference job, embedded and on real Kafka and Redis; writes RESULTS.md.
 *
 *   --quick            200,000 events, one run each, RESULTS.md stays as it is
 *   --only NAME        embedded or kafka
 *   --runs N           of each (default 3)
 *   --profile FOLDER   CPU profiles of the engine are left there
 */
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { whenToldToStop } from '../support/told-to-stop.ts'
import type { Backend, RunResult } from './backend.ts'
import { openDistributedBackend } from './distributed.ts'
import { openEmbeddedBackend } from './embedded.ts'
import { wholeJob } from './km1-stream.ts'
import { type Measured, summaryOf, writeReport } from './report.ts'
import { detectStep } from './run-engine.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    runs: { type: 'string' },
    profile: { type: 'string' },
  },
})
const events = values.quick ? 200_000 : wholeJob
const runs = Number(values.runs ?? (values.quick ? 1 : 3))
const started = performance.now()
const say = (line: string) =>
  console.error(`[${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s] ${line}`)

const backends: Readonly<Record<string, () => Promise<Backend>>> = {
  embedded: () => openEmbeddedBackend(events),
  kafka: () => openDistributedBackend(events, say),
}

const loads: number[] = []
let open: Backend | undefined
whenToldToStop((reason) => {
  say(`ends: ${reason}`)
  void (open?.close() ?? Promise.resolve()).finally(() => process.exit(130))
})

async function measure(name: string): Promise<Measured> {
  say(`${name}: puts ${events} events on the log`)
  const backend = await (backends[name] as () => Promise<Backend>)()
  open = backend
  try {
    const results: RunResult[] = []
    for (let run = 0; run < runs; run++) {
      loads.push(loadavg()[0] ?? 0)
      const result = await backend.run(values.profile)
      results.push(result)
      say(`${name}: ${summaryOf(result)}`)
    }
    return { name: backend.name, results }
  } finally {
    open = undefined
    await backend.close()
  }
}

const names = Object.keys(backends).filter((name) => values.only === undefined || values.only === name)
if (names.length === 0) throw new RangeError(`--only takes one of ${Object.keys(backends).join(', ')}`)
const measured: Measured[] = []
for (const name of names) measured.push(await measure(name))
const step = await detectStep(values.quick)
say(`the step alone: ${step.join('; ')}`)
if (!values.quick && values.only === undefined) {
  const file = join(import.meta.dirname, 'RESULTS.md')
  writeFileSync(file, writeReport(measured, step, loads))
  say(`wrote ${file}`)
}
