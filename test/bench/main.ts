/*
 * `npm run bench`: detect on the stream of the reference job, embedded and on real Kafka and Redis; catalogues of many
 * rules; another version of the catalogue under load. Each part writes its section of RESULTS.md.
 *
 *   --only NAME        km1, rules or reload; embedded or kafka: a part of km1, which isn't written down
 *   --quick            little of each, RESULTS.md stays as it is
 *   --runs N           of each (default 3)
 *   --profile FOLDER   CPU profiles of the engine on the reference job are left there
 *   --against FOLDER   in place of all that: the step's cost there (a checkout of an earlier state) and here, in turn
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { whenToldToStop } from '../support/told-to-stop.ts'
import type { Backend, RunResult } from './backend.ts'
import { measureBeforeAndAfter } from './before-and-after.ts'
import { openDistributedBackend } from './distributed.ts'
import { openEmbeddedBackend } from './embedded.ts'
import { wholeJob } from './km1-stream.ts'
import { page, type Section, writeSections } from './page.ts'
import { measureReload } from './reload/reload.ts'
import { km1Section, type Measured, summaryOf } from './report.ts'
import { measureScaling } from './rules/scaling.ts'
import { detectStep } from './run-engine.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    runs: { type: 'string' },
    profile: { type: 'string' },
    against: { type: 'string' },
  },
})
const { quick, only, against } = values
const events = quick ? 200_000 : wholeJob
const runs = Number(values.runs ?? (quick ? 1 : 3))
const started = performance.now()
const say = (line: string) =>
  console.error(`[${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s] ${line}`)

const backends: Readonly<Record<string, () => Promise<Backend>>> = {
  embedded: () => openEmbeddedBackend(events),
  kafka: () => openDistributedBackend(events, say),
}

const loads: number[] = []
let open: { close(): Promise<void> } | undefined
whenToldToStop((reason) => {
  say(`ends: ${reason}`)
  void (open?.close() ?? Promise.resolve()).finally(() => process.exit(130))
})

async function measureOn(name: string): Promise<Measured> {
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

async function km1(): Promise<Section> {
  const measured: Measured[] = []
  for (const name of Object.keys(backends)) measured.push(await measureOn(name))
  const step = await detectStep(quick)
  say(`the step alone: ${step.join('; ')}`)
  return km1Section(measured, step, loads)
}

const parts: Readonly<Record<string, () => Promise<Section>>> = {
  km1,
  rules: () => measureScaling({ repeats: quick ? 1 : runs, events: quick ? 10_000 : 50_000 }, say),
  reload: () =>
    measureReload({
      quick,
      say,
      opened: (closing) => {
        open = closing
      },
    }),
}

if (against !== undefined) {
  await part(() => measureBeforeAndAfter({ folder: against, runs, events, say }))
} else if (only !== undefined && only in backends) {
  await measureOn(only)
} else {
  const names = Object.keys(parts).filter((name) => only === undefined || only === name)
  if (names.length === 0)
    throw new RangeError(`--only takes one of ${[...Object.keys(parts), ...Object.keys(backends)].join(', ')}`)
  for (const name of names) await part(parts[name] as () => Promise<Section>)
}

async function part(measure: () => Promise<Section>): Promise<void> {
  const section = await measure()
  if (quick) process.stdout.write(`## ${section.title}\n\n${section.text}\n`)
  else {
    writeSections([section])
    say(`wrote '${section.title}' into ${page}`)
  }
}
