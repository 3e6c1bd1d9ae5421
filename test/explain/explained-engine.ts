import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'
import { decide } from '../../services/decide/service.ts'
import { createDeliver } from '../../services/deliver/service.ts'
import { detect } from '../../services/detect/service.ts'
import type { Answer } from '../../services/explain/answer.ts'
import { explain } from '../../services/explain/service.ts'
import { createIngest } from '../../services/ingest/service.ts'
import { startProcess } from '../../services/platform/process.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { waitFor } from '../support/wait-for.ts'

const catalogue: Readonly<Record<string, string>> = {
  'policy.yaml': `
default_time_zone: Asia/Shanghai
default_language: en
quiet_hours: []
caps:
  - { id: marketing-day, purposes: [marketing], window: { civil: day }, most: 3 }
gaps: { marketing: 24h }
`,
  'factors/factors.yaml': `
- id: dropped_calls_24h
  title: { en: Dropped calls }
  from: cdr
  where: end_cause == "dropped"
  aggregate: count
  window: { rolling: 24h }
- id: calls_7d
  title: { en: Calls of seven days }
  from: cdr
  aggregate: count
  window: { days: 7 }
- id: minutes_last_week
  title: { en: Minutes of the last full week }
  from: cdr
  value: double(duration_s) / 60.0
  aggregate: sum
  window: { weeks: 1, ago: 1 }
- id: minutes_baseline
  title: { en: Usual minutes of a week }
  unit: min
  from: cdr
  value: double(duration_s) / 60.0
  aggregate: baseline
  half_life: 4
  window: { weeks: 4 }
- id: night_share
  title: { en: Share of calls at night }
  from: cdr
  where: direction == "mo"
  aggregate: share
  of: local_hour < 6
  window: { days: 7 }
- id: amount
  title: { en: Last top-up }
  from: recharge
  value: amount
  aggregate: last
`,
  'tags/tags.yaml': `
id: topped_up
title: { en: Has topped up before }
type: bool
`,
  'rules/rules.yaml': `
id: dropped-calls
moment: change
title: { en: Three dropped calls }
on: cdr
when: dropped_calls_24h >= 3 && event.end_cause == "dropped"
once: 7d
purpose: service
evidence: [dropped_calls_24h, calls_7d]
offers: [sorry]
---
id: first-recharge
moment: first
title: { en: First top-up }
on: recharge
when: event.amount >= 1000
history: none
purpose: marketing
evidence: [amount]
offers: [thanks]
---
id: first-of-those-known
moment: first
title: { en: First top-up of somebody of whom it is known }
on: recharge
when: event.amount >= 6000
history: { tag: topped_up }
purpose: marketing
evidence: [amount]
offers: [thanks]
---
id: use-fell
moment: change
title: { en: Less use than usual }
every: week
at: "09:00"
when: minutes_last_week < 0.5 * minutes_baseline
purpose: marketing
offers: [thanks]
---
id: low-balance
moment: change
title: { en: Low balance and no top-up }
pattern:
  - low: { on: cdr, where: balance_after < 500 }
  - not: { on: recharge, for: 48h }
purpose: marketing
offers: [thanks]
---
id: drop-and-complaint
moment: change
title: { en: "Dropped, then complained" }
pattern:
  - dropped: { on: cdr, where: end_cause == "dropped", times: 2 }
  - complained: { on: complaint, where: category == "network" }
within: 24h
purpose: service
settle: grace
offers: [sorry]
---
id: many-calls
moment: change
title: { en: Many calls }
on: cdr
becomes: calls_7d >= 4
rearm: calls_7d < 2
mode: shadow
purpose: marketing
offers: [thanks]
---
id: big-top-up
moment: change
title: { en: Big top-up }
on: recharge
when: amount >= 5000
only: calls_7d >= 5
purpose: marketing
offers: [thanks]
---
id: open-complaint
moment: do-not-disturb
title: { en: A complaint is open }
open: { on: complaint, where: status == "opened" }
close: { on: complaint, where: status == "resolved" }
key: ticket_id
longest: 30d
code: open-issue
`,
  'offers/offers.yaml': `
- id: sorry
  title: { en: Sorry }
  message: { en: "We are sorry." }
- id: thanks
  title: { en: Thanks }
  message: { en: "Thank you. Reply STOP to opt out." }
`,
}

/** Ten in the morning where the subscribers are. */
const now = Date.parse('2026-03-04T10:00:00+08:00')
/** An instant of that day on their clock. */
export const today = (time: string): number => Date.parse(`2026-03-04T${time}+08:00`)

export interface ExplainedEngine {
  readonly url: string
  send(events: readonly object[]): Promise<void>
  /** Status and body. */
  ask(
    subscriber: string,
    query?: Readonly<Record<string, string>>,
  ): Promise<{ status: number; body: Answer & { code?: string; message?: string } }>
  /** The answer, once it is as it should be. */
  answer(
    subscriber: string,
    query: Readonly<Record<string, string>>,
    isThere: (answer: Answer) => boolean,
  ): Promise<Answer>
}

/** The whole of Keymoment on the embedded engine, for all tests of a file. */
export async function startExplainedEngine(): Promise<ExplainedEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'keymoment-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(catalogue)) {
    mkdirSync(dirname(join(folder, 'catalogue', name)), { recursive: true })
    writeFileSync(join(folder, 'catalogue', name), text)
  }
  const running = await startProcess({
    settings: await loadSettings(undefined, {
      KEYMOMENT_DATA_DIR: join(folder, 'data'),
      KEYMOMENT_HTTP_PORT: '0',
      KEYMOMENT_CATALOGUE_DIR: join(folder, 'catalogue'),
      KEYMOMENT_CATALOGUE_WATCH: 'false',
      KEYMOMENT_CLOCK_START: new Date(now).toISOString(),
      KEYMOMENT_SMS_SANDBOX_DELAY_MS: '20',
    }),
    deployables: [createDeliver(), decide, detect, createIngest(), explain],
    logger: createLogger('silent'),
    metrics: createMetrics(),
  })
  afterAll(() => running.stop())
  await running.started
  const ask: ExplainedEngine['ask'] = async (subscriber, query = {}) => {
    const url = `/v1/subscribers/${encodeURIComponent(subscriber)}/explain?${new URLSearchParams(query)}`
    const response = await running.http.inject(url)
    return { status: response.statusCode, body: response.json() }
  }
  return {
    url: running.url,
    ask,
    async send(events) {
      const response = await running.http.inject({
        method: 'POST',
        url: '/v1/events',
        headers: { 'content-type': 'application/json' },
        payload: JSON.stringify(events),
      })
      if (response.statusCode !== 202) throw new Error(`refused: ${response.body}`)
    },
    async answer(subscriber, query, isThere) {
      let found: Answer | undefined
      const look = async () => {
        const { status, body } = await ask(subscriber, query)
        if (status !== 200) return false
        found = body
        return isThere(body)
      }
      await waitFor(`an answer about ${subscriber}`, look, { deadlineMs: 20_000, everyMs: 50 }).catch(
        (error: unknown) => {
          throw new Error(`${String(error)}: ${JSON.stringify(found, undefined, 2)}`)
        },
      )
      return found as Answer
    },
  }
}

let events = 0
type Fields = Readonly<Record<string, unknown>>

/** An event of a subscriber at a time of that day. */
export function event(
  subscriber_id: string,
  time: string,
  type: string,
  fields: Fields = {},
): { readonly event_id: string } {
  const event_id = `${type}-${++events}`
  const head = { type, event_id, subscriber_id, event_time: today(time), source: 'test' }
  return { ...head, ...defaults[type], ...fields }
}

const defaults: Readonly<Record<string, Fields>> = {
  cdr: { kind: 'voice', direction: 'mo', other_party: 'somebody', duration_s: 60, end_cause: 'normal' },
  recharge: { amount: 5000, currency: 'CNY', method: 'app' },
  complaint: { ticket_id: 'T1', category: 'network', status: 'opened', severity: 2 },
}

/** What everybody has agreed to. */
export function profile(subscriber: string): object {
  const consent = { state: 'granted', since: today('00:00:00'), source: 'crm', evidence_ref: `paper-of-${subscriber}` }
  return event(subscriber, '06:00:00', 'profile', {
    language: 'en',
    time_zone: 'Asia/Shanghai',
    birth_date: '1980-05-05',
    consent: { sms: { marketing: consent, service: consent } },
    addresses: { sms: '+8613912345678' },
  })
}
