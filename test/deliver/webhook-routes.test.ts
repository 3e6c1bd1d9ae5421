import pino from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { createSandboxChannel } from '../../services/deliver/adapters/sandbox/sandbox.ts'
import { createSandboxShelf } from '../../services/deliver/adapters/sandbox/sandbox-shelf.ts'
import { createWebhookChannel, webhookDefaults } from '../../services/deliver/adapters/webhook/webhook.ts'
import { webhookRoutes } from '../../services/deliver/adapters/webhook/webhook-routes.ts'
import { sign } from '../../services/deliver/adapters/webhook/webhook-signature.ts'
import type { Channel, ProviderReceipt } from '../../services/deliver/channel.ts'
import { CodedError } from '../../services/domain/errors.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { createHttpServer } from '../../services/http/server.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'

const secret = 'a secret of sixteen or more'
const log = pino({ level: 'silent' })
const receipt = JSON.stringify({ type: 'receipt', message_id: 'gw-7', state: 'delivered' })
const signed = (body: string) => ({ ...sign(secret, 'n-1', body, Date.now()), 'content-type': 'application/json' })

/** A process with a gateway for SMS and a sandbox for push; `keep` takes receipts. */
async function processWith(keep: (receipt: ProviderReceipt) => Promise<void> = async () => undefined) {
  const logger = createLogger('error', { write: () => undefined })
  const options = { bodyBytesMax: 1e6, logger, metrics: createMetrics(), readiness: () => [] }
  const http = await createHttpServer(options)
  const given = { channel: 'sms', url: 'http://127.0.0.1:9/', secret, perSecond: 1, connections: 1, allowPrivate: true }
  const sms = createWebhookChannel({ ...webhookDefaults, ...given, channel: 'sms' }, wallClock, log)
  const ignored = async () => undefined
  sms.start({ accepted: ignored, receipt: keep, inbound: ignored, unreadable: ignored, reply: ignored })
  const channels = new Map<string, Channel>([
    ['sms', sms],
    [
      'push',
      createSandboxChannel({ channel: 'push', deliveryMs: 0, failShare: 0 }, wallClock, log, createSandboxShelf(1)),
    ],
  ])
  webhookRoutes(http, (name) => channels.get(name))
  onTestFinished(() => http.close())
  const post = async (channel: string, body: string, headers: Record<string, string>) => {
    const answer = await http.inject({ method: 'POST', url: `/v1/channels/${channel}/webhook`, payload: body, headers })
    return { status: answer.statusCode, ...answer.json() }
  }
  return post
}

test('a receipt is taken once it is kept', async () => {
  const kept: ProviderReceipt[] = []
  const post = await processWith(async (one) => void kept.push(one))
  expect(await post('sms', receipt, signed(receipt))).toEqual({ status: 202, taken: 'receipt' })
  expect(kept).toEqual([{ messageId: 'gw-7', state: 'delivered', error: null }])
})

test('what can’t be kept now is to be told again', async () => {
  const away = new CodedError('KM_STORE_UNAVAILABLE', 'Redis does not answer', { canRetry: true })
  const post = await processWith(() => Promise.reject(away))
  expect(await post('sms', receipt, signed(receipt))).toMatchObject({ status: 503, code: 'KM_STORE_UNAVAILABLE' })
})

test.each([
  ['without a signature', 'sms', receipt, {}, 401, 'KM_WEBHOOK_UNSIGNED'],
  ['of another type of body', 'sms', 'a=b', signed('a=b'), 400, 'KM_WEBHOOK_UNREADABLE'],
  ['that is too large', 'sms', 'x'.repeat(20_000), signed(''), 413, 'KM_HTTP_TOO_LARGE'],
  ['of a channel without a gateway', 'push', receipt, signed(receipt), 404, 'KM_WEBHOOK_NO_CHANNEL'],
  ['of no channel', 'fax', receipt, signed(receipt), 404, 'KM_WEBHOOK_NO_CHANNEL'],
])('news %s is refused', async (_, channel, body, headers, status, code) => {
  const post = await processWith()
  expect(await post(channel, body, headers)).toMatchObject({ status, code })
})
