import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { decide } from '../../services/decide/service.ts'
import type { PhoneView, SandboxMessage } from '../../services/deliver/adapters/sandbox/sandbox-shelf.ts'
import { createDeliver } from '../../services/deliver/service.ts'
import { createDesk } from '../../services/desk/service.ts'
import { detect } from '../../services/detect/service.ts'
import { createIngest } from '../../services/ingest/service.ts'
import { livePage } from '../../services/live/service.ts'
import { startProcess } from '../../services/platform/process.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** By how somebody tops up, the channels by which they are thanked, one behind the other. */
const catalogue: Readonly<Record<string, string>> = {
  'policy.yaml': `
default_time_zone: Europe/Berlin
default_language: en
quiet_hours: []
caps: []
gaps: {}
channel_order: [push, ivr, sms]
channels: { push: { delivered_within: 6h }, ivr: { delivered_within: 6h }, sms: { delivered_within: 6h } }
opt_out_text: { en: Reply STOP to opt out. }
replies: { en: { opt_out: [END], refuse: ["NO"], accept: ["YES"] } }
`,
  'rules/rules.yaml': ['app', 'bank', 'store']
    .map(
      (method) => `
id: by-${method}
moment: change
title: { en: Top-up by ${method} }
on: recharge
when: event.method == "${method}"
expires: 24h
purpose: marketing
offers: [thanks-${method}]
`,
    )
    .join('---'),
  'offers/offers.yaml': `
- { id: thanks-app, title: { en: By push }, channels: [push, sms], message: { en: "1 GB for you: open it." } }
- { id: thanks-bank, title: { en: By SMS }, channels: [sms], message: { en: "1 GB for you: reply YES." } }
- { id: thanks-store, title: { en: By a call }, channels: [ivr, sms], message: { en: "1 GB for you: press 1." } }
`,
}

const start = Date.parse('2026-03-02T10:00:00+01:00')
/** An id that must be escaped wherever it stands in a URL or in a page. */
export const somebody = 's/<b>1&2</b>?'

/** The whole of Keymoment with sandboxes of all channels. */
export async function startPhoneProcess(settings: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder()
  for (const [name, text] of Object.entries(catalogue)) {
    const file = join(folder, 'catalogue', name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const running = await startProcess({
    settings: await loadSettings(undefined, {
      KEYMOMENT_DATA_DIR: join(folder, 'data'),
      KEYMOMENT_HTTP_PORT: '0',
      KEYMOMENT_CATALOGUE_DIR: join(folder, 'catalogue'),
      KEYMOMENT_CATALOGUE_WATCH: 'false',
      KEYMOMENT_CLOCK_START: new Date(start).toISOString(),
      KEYMOMENT_SMS_SANDBOX_DELAY_MS: '20',
      KEYMOMENT_PUSH_CHANNEL: 'sandbox',
      KEYMOMENT_IVR_CHANNEL: 'sandbox',
      ...settings,
    }),
    deployables: [createDeliver(), createDesk(), decide, detect, createIngest(), livePage],
    logger: createLogger('silent'),
    metrics: createMetrics(),
  })
  onTestFinished(() => running.stop())
  await running.started
  let events = 0

  async function ask<Answer>(method: 'GET' | 'PUT' | 'POST', path: string, body?: object): Promise<Answer> {
    const sent = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const response = await fetch(running.url + path, { method, ...sent })
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
    return (await response.json()) as Answer
  }

  const tell = async (event: object) => {
    const number = ++events
    // The engine's, as what it noted before is older: a profile doesn't end what was found out after it.
    const event_time = (await ask<{ readonly engine: { readonly time: number } }>('GET', '/v1/live')).engine.time
    const head = { event_id: `e-${number}`, subscriber_id: somebody, event_time, source: 'test' }
    return ask('POST', '/v1/events', [{ ...head, ...event }])
  }
  const granted = { marketing: { state: 'granted', since: start - 1_000_000, source: 'crm', evidence_ref: null } }
  const addresses = { sms: '+491511234567', ivr: '+491511234567', push: [{ provider: 'fcm', token: 'a-token' }] }
  const consent = { sms: granted, push: granted, ivr: granted }
  const profile = { type: 'profile', language: 'en', time_zone: 'Europe/Berlin', status: 'active', consent }
  await tell({ ...profile, addresses })

  const path = `/v1/sandbox/phones/${encodeURIComponent(somebody)}`
  return {
    url: running.url,
    page: `${running.url}/phone?subscriber=${encodeURIComponent(somebody)}`,
    ask,
    /** Somebody tops up, and is thanked by push, by SMS, or by a call. */
    topUp: (method: 'app' | 'bank' | 'store') => tell({ type: 'recharge', amount: 5_000, currency: 'CNY', method }),
    /** They use the app, or a browser, on these devices from now on. */
    setDevices: (push: readonly { readonly provider: string; readonly token: string }[]) =>
      tell({ ...profile, addresses: { ...addresses, push } }),
    setPhone: (body: object) => ask<PhoneView>('PUT', path, body),
    /** What is on the phone, newest first, as `channel status`. */
    async onPhone(): Promise<readonly string[]> {
      const { messages } = await ask<{ messages: readonly SandboxMessage[] }>('GET', '/v1/sandbox/messages')
      return messages.map(({ channel, status }) => `${channel} ${status}`)
    },
    async newest(): Promise<SandboxMessage | undefined> {
      return (await ask<{ messages: readonly SandboxMessage[] }>('GET', '/v1/sandbox/messages')).messages[0]
    },
    act: (number: number, act: object) => ask<SandboxMessage>('POST', `/v1/sandbox/messages/${number}/acts`, act),
  }
}
