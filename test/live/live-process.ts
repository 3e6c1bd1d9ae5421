import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { decide } from '../../services/decide/service.ts'
import { createDeliver } from '../../services/deliver/service.ts'
import { detect } from '../../services/detect/service.ts'
import { createIngest } from '../../services/ingest/service.ts'
import { livePage } from '../../services/live/service.ts'
import { shippedCatalogue } from '../../services/platform/catalogue-source.ts'
import { type RunningProcess, startProcess } from '../../services/platform/process.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

export interface LiveProcess extends RunningProcess {
  /** A new subscriber tops up for the first time, which is answered with the message of their language. */
  topUp(language: 'en' | 'zh'): Promise<void>
}

/** Ten in the morning where the subscribers are: no quiet hours. */
const start = Date.parse('2026-03-02T10:00:00+08:00')

/** The whole of Keymoment on the embedded engine, with `message` as the answer to a first top-up in English. */
export async function startLiveProcess(message?: string): Promise<LiveProcess> {
  const folder = temporaryFolder()
  const running = await startProcess({
    settings: await loadSettings(undefined, {
      KEYMOMENT_DATA_DIR: join(folder, 'data'),
      KEYMOMENT_HTTP_PORT: '0',
      KEYMOMENT_CATALOGUE_DIR: message === undefined ? shippedCatalogue : catalogueWith(folder, message),
      KEYMOMENT_CATALOGUE_WATCH: 'false',
      KEYMOMENT_CLOCK_START: new Date(start).toISOString(),
      KEYMOMENT_SMS_SANDBOX_DELAY_MS: '50',
    }),
    deployables: [createDeliver(), decide, detect, createIngest(), livePage],
    logger: createLogger('silent'),
    metrics: createMetrics(),
  })
  onTestFinished(() => running.stop())
  await running.started
  let subscribers = 0
  return {
    ...running,
    async topUp(language) {
      const number = ++subscribers
      const events = eventsOf(number, language)
      const response = await running.http.inject({
        method: 'POST',
        url: '/v1/events',
        headers: { 'content-type': 'application/json' },
        payload: JSON.stringify(events),
      })
      if (response.statusCode !== 202) throw new Error(`refused: ${response.body}`)
    },
  }
}

function catalogueWith(folder: string, message: string): string {
  const catalogue = join(folder, 'catalogue')
  cpSync(shippedCatalogue, catalogue, { recursive: true })
  const file = join(catalogue, 'offers', 'offers.yaml')
  const offers = readFileSync(file, 'utf8')
  const changed = offers.replace(/en: 'Thank you for topping up.*'/, () => `en: ${JSON.stringify(message)}`)
  if (changed === offers) throw new Error(`${file} no longer has the message of the first top-up`)
  writeFileSync(file, changed)
  return catalogue
}

function eventsOf(number: number, language: 'en' | 'zh'): unknown[] {
  const subscriber_id = `subscriber-${number}`
  const consent = { state: 'granted', since: start - 1_000_000, source: 'crm', evidence_ref: null }
  return [
    {
      type: 'profile',
      event_id: `profile-${number}`,
      subscriber_id,
      event_time: start,
      source: 'crm',
      language,
      time_zone: 'Asia/Shanghai',
      birth_date: '1980-05-05',
      status: 'active',
      consent: { sms: { marketing: consent, care: consent, service: consent } },
      addresses: { sms: `+86139123456${String(number).padStart(2, '0')}` },
    },
    {
      type: 'recharge',
      event_id: `recharge-${number}`,
      subscriber_id,
      event_time: start + 1,
      source: 'billing',
      amount: 5_000,
      currency: 'CNY',
      method: 'app',
      balance_after: 9_000,
    },
  ]
}
