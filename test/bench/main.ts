/*
 * `npm run bench`: the reference job on detect, embedded and on real Kafka and Redis, and on Flink and Kafka Streams;
 * decide under a stream of moments; deliver on an SMSC; catalogues of many rules; another version of the catalogue under load; a year of simulated
 * subscribers. Each part writes its section of RESULTS.md.
 *
 *   --only NAME        km1, profile, latency, decide, rules, reload, recovery, scale, year, overload, hotkey or sms; or one engine
 *                      of km1, which isn't written down: embedded, kafka, kafka-two, flink-heap, flink-rocksdb,
 *                      kafka-streams-rocksdb
 *   --quick            little of each, RESULTS.md stays as it is
 *   --minutes N        of overload (default 1)
 *   --runs N           of each (default 3)
 *   --events N         of the reference job's stream (default: all 2,000,000)
 *   --profile FOLDER   CPU profiles of the engine on the reference job, and of decide, are left there
 *   --against FOLDER   in place of all that: the step's cost there (a checkout of an earlier state) and here, in turn
 */
import { parseArgs } from 'node:util'
import { whenToldToStop } from '../support/told-to-stop.ts'
import { measureBeforeAndAfter } from './before-and-after.ts'
import { measureDecide } from './decide/decide.ts'
import { measureHotKey } from './hotkey/hotkey.ts'
import { wholeJob } from './km1-stream.ts'
import { measureLatency } from './latency/latency.ts'
import { measureOverload } from './overload/overload.ts'
import { page, type Section, writeSections } from './page.ts'
import { measureProfile } from './profile/profile.ts'
import { measureRecovery } from './recovery/recovery.ts'
import { engineIds, measureOne, measureReferenceJob } from './reference-job.ts'
import { measureReload } from './reload/reload.ts'
import { measureScaling } from './rules/scaling.ts'
import { measureScale } from './scale/scale.ts'
import { measureSms } from './sms/sms.ts'
import { measureYear } from './year/year.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    runs: { type: 'string' },
    minutes: { type: 'string' },
    events: { type: 'string' },
    profile: { type: 'string' },
    against: { type: 'string' },
  },
})
const { quick, only, against } = values
const events = Number(values.events ?? (quick ? 200_000 : wholeJob))
const runs = Number(values.runs ?? (quick ? 1 : 3))
const started = performance.now()
const say = (line: string) =>
  console.error(`[${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s] ${line}`)

let open: { close(): Promise<void> } | undefined
const opened = (closing: { close(): Promise<void> }) => {
  open = closing
}
whenToldToStop((reason) => {
  say(`ends: ${reason}`)
  void (open?.close() ?? Promise.resolve()).finally(() => process.exit(130))
})

const job = { events, runs, quick, profileFolder: values.profile, say, opened }

const parts: Readonly<Record<string, () => Promise<Section>>> = {
  km1: () => measureReferenceJob(job),
  rules: () => measureScaling({ repeats: quick ? 1 : runs, events: quick ? 10_000 : 50_000 }, say),
  profile: () => measureProfile({ events, say, opened }),
  latency: () => measureLatency({ quick, runs, say, opened }),
  reload: () => measureReload({ quick, say, opened }),
  overload: () =>
    measureOverload({ quick, minutes: values.minutes === undefined ? undefined : Number(values.minutes), say, opened }),
  decide: () => measureDecide({ quick, runs, profileFolder: values.profile, say, opened }),
  hotkey: () => measureHotKey({ quick, say, opened }),
  recovery: () => measureRecovery({ events, quick, say, opened }),
  scale: () => measureScale({ quick, say, opened }),
  sms: () => measureSms({ quick, runs, say, opened }),
  year: () => measureYear({ quick, say }),
}

if (against !== undefined) {
  await part(() => measureBeforeAndAfter({ folder: against, runs, events, say }))
} else if (only !== undefined && engineIds.includes(only)) {
  await measureOne(job, only)
} else {
  const names = Object.keys(parts).filter((name) => only === undefined || only === name)
  if (names.length === 0)
    throw new RangeError(`--only takes one of ${[...Object.keys(parts), ...engineIds].join(', ')}`)
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
