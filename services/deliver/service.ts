import type { FastifyInstance } from 'fastify'
import { CodedError } from '../domain/errors.ts'
import { type AnyInput, type AnyOutput, DocumentProcessor } from '../flow/documents.ts'
import { startService } from '../flow/service.ts'
import type { Step } from '../flow/step.ts'
import type { Deployable, Running } from '../platform/deployable.ts'
import { createObserver } from '../platform/observer.ts'
import type { Platform } from '../platform/platform.ts'
import type { Receipt } from '../records/types.ts'
import { type SchemaName, serviceNodes, type Topic, topics } from '../topology.ts'
import type { Channel } from './channel.ts'
import { createEdgeIndex, edgeDefaults } from './edge-index.ts'
import type { Append } from './receipts.ts'
import { createSandboxChannel, type SandboxChannel, sandboxDefaults } from './sandbox.ts'
import { createSender } from './sender.ts'
import { createSmppChannel, smppDefaults } from './smpp.ts'
import type { DeliverState } from './state.ts'
import { createDeliverStep, deliverDefaults, type SendEffect, type SendResult } from './step.ts'

const node = serviceNodes.deliver

/** Deliver as a service: the step on every shard, one channel for the process. */
export function createDeliver(): Deployable {
  let sandbox: SandboxChannel | undefined
  return {
    name: node.name,
    node,
    routes: (http) => sandboxRoutes(http, () => sandbox),
    async start(platform) {
      const channel = createChannel(platform)
      sandbox = 'messages' in channel ? (channel as SandboxChannel) : undefined
      return startDeliver(platform, channel)
    },
  }
}

async function startDeliver(platform: Platform, channel: Channel): Promise<Running> {
  const { log, store, codec, clock, scheduler, flow, metrics, logger, secret, settings, fail } = platform
  const sender = createSender({
    channel,
    edge: createEdgeIndex(store.index('sms'), { secret, ...edgeDefaults }),
    append: appendTo(platform),
    clock,
    log: logger.child({ service: node.name }),
  })
  // Limits on real waiting: a demonstration clock runs ahead of it.
  const speed = settings.clock.factor
  const step: Step<DeliverState, AnyInput, AnyOutput, SendEffect, SendResult> = createDeliverStep({
    ...deliverDefaults,
    provider: channel.provider,
    patienceMs: deliverDefaults.patienceMs * speed,
    resultTimeoutMs: deliverDefaults.resultTimeoutMs * speed,
  })
  sender.start()
  const service = await startService<DocumentProcessor<DeliverState, SendEffect, SendResult>, SendEffect, SendResult>({
    node,
    log,
    store,
    codec,
    clock,
    scheduler,
    settings: flow,
    observer: createObserver(node.name, metrics, logger),
    createProcessor: () =>
      new DocumentProcessor<DeliverState, SendEffect, SendResult>({
        step,
        reads: node.reads,
        codec,
        onOutput: ({ topic, value }) => {
          if (topic === topics.receipts) countReceipt(platform, value as Receipt)
        },
      }),
    runEffect: sender.send,
    onFailed: fail,
  })
  return {
    shards: service,
    problems() {
      const { ready, reason } = sender.health()
      return ready ? [] : [{ code: 'KM_CHANNEL_DOWN', reason: `${channel.provider}: ${reason}` }]
    },
    async stop(millis) {
      await sender.drain()
      await service.stop(millis)
      await sender.stop()
    },
  }
}

/** @throws CodedError KM_SETTINGS_INVALID: smpp is chosen, but there is no URL */
function createChannel({ settings: { sms, smpp }, clock, logger }: Platform): Channel {
  const log = logger.child({ service: node.name })
  if (sms.channel === 'sandbox') {
    const settings = { ...sandboxDefaults, deliveryMs: sms.sandbox_delay_ms, keep: sms.sandbox_keep }
    return createSandboxChannel(settings, clock, log)
  }
  if (smpp.url === '') throw new CodedError('KM_SETTINGS_INVALID', "sms.channel is 'smpp', but smpp.url is not set")
  return createSmppChannel(
    {
      ...smppDefaults,
      url: smpp.url,
      source: { ...smppDefaults.source, address: smpp.sender },
      perSecond: smpp.per_second,
      window: smpp.window,
    },
    clock,
    log,
  )
}

function appendTo(platform: Platform): Append {
  const { log, codec } = platform
  return async ({ topic, value }) => {
    if (topic === topics.receipts) countReceipt(platform, value as Receipt)
    const bytes = codec.encode(topic as Topic & { schema: SchemaName }, value)
    await log.append([{ topic: topic.name, key: value.subscriber_id, value: bytes }])
  }
}

const countReceipt = ({ metrics }: Platform, { channel, status }: Receipt): void =>
  metrics.receipts.inc({ channel, status })

/** What the sandbox was given to send, newest first; empty with another channel. */
function sandboxRoutes(http: FastifyInstance, sandbox: () => SandboxChannel | undefined): void {
  http.get<{ Querystring: { after?: number; limit?: number } }>(
    '/v1/sandbox/messages',
    {
      schema: {
        summary: 'Messages that the sandbox channel shows instead of sending them',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: { after: { type: 'integer', minimum: 0 }, limit: { type: 'integer', minimum: 1, maximum: 500 } },
        },
      },
    },
    async ({ query }) => ({ messages: sandbox()?.messages(query) ?? [] }),
  )
}
