import type { FastifyInstance } from 'fastify'
import { CodedError } from '../domain/errors.ts'
import { type AnyInput, type AnyOutput, DocumentProcessor } from '../flow/documents.ts'
import { startService } from '../flow/service.ts'
import type { Step } from '../flow/step.ts'
import type { Deployable, Running } from '../platform/deployable.ts'
import { createObserver } from '../platform/observer.ts'
import type { Platform } from '../platform/platform.ts'
import type { Receipt } from '../records/types.ts'
import {
  type Channel as ChannelName,
  type SchemaName,
  type ServiceNode,
  serviceNodes,
  type Topic,
  topics,
} from '../topology.ts'
import type { Channel } from './channel.ts'
import type { DeliverCode } from './codes.ts'
import { createEdgeIndex, edgeDefaults } from './edge-index.ts'
import { laneName, laneOf, pausedLaneName, urgencies } from './lane.ts'
import type { Append } from './receipts.ts'
import { createSandboxChannel, createSandboxShelf, type SandboxShelf, sandboxDefaults } from './sandbox.ts'
import { createSender, type Sender } from './sender.ts'
import { createSmppChannel, smppDefaults } from './smpp.ts'
import type { DeliverState } from './state.ts'
import { createDeliverStep, deliverDefaults, type SendEffect, type SendResult } from './step.ts'

/** What deliver sends through, and its place on the map: it reads the commands of each of them. */
interface DeliverChannels {
  readonly node: ServiceNode
  /** Called once, when the service starts; `shelf`: for the messages of sandboxes. @throws CodedError KM_SETTINGS_INVALID */
  open(platform: Platform, shelf: SandboxShelf): ReadonlyMap<ChannelName, Channel>
}

const shipped: DeliverChannels = { node: serviceNodes.deliver, open: openShipped }

/** Deliver as a service: the step on every shard, each channel once for the process. */
export function createDeliver(channels = shipped): Deployable {
  let shelf: SandboxShelf | undefined
  return {
    name: channels.node.name,
    node: channels.node,
    routes: (http) => sandboxRoutes(http, () => shelf),
    async start(platform) {
      shelf = createSandboxShelf(platform.settings.sms.sandbox_keep)
      return startDeliver(platform, channels.node, channels.open(platform, shelf))
    },
  }
}

async function startDeliver(
  platform: Platform,
  node: ServiceNode,
  channels: ReadonlyMap<ChannelName, Channel>,
): Promise<Running> {
  const { log, store, codec, clock, scheduler, flow, metrics, logger, settings, control, fail } = platform
  const senders = new Map([...channels].map(([name, channel]) => [name, openSender(platform, name, channel)]))
  const send = (effect: SendEffect): Promise<SendResult> => {
    const sender = senders.get(effect.channel)
    // The step takes no command of another channel.
    if (!sender) throw new CodedError('KM_DELIVER_WRONG_CHANNEL', `nothing sends through '${effect.channel}'`)
    return sender.send(effect)
  }
  // Limits on real waiting: a demonstration clock runs ahead of it.
  const faster = <T extends { readonly first: number; readonly longest: number }>({ first, longest }: T) => ({
    first: first * settings.clock.factor,
    longest: longest * settings.clock.factor,
  })
  const { patienceMs, resultTimeoutMs, heldMs, inFlightMax } = deliverDefaults
  const step: Step<DeliverState, AnyInput, AnyOutput, SendEffect, SendResult> = createDeliverStep({
    ...deliverDefaults,
    providers: Object.fromEntries([...channels].map(([name, { provider }]) => [name, provider])),
    patienceMs: patienceMs * settings.clock.factor,
    resultTimeoutMs: resultTimeoutMs * settings.clock.factor,
    heldMs: { service: faster(heldMs.service), marketing: faster(heldMs.marketing) },
    holds: control,
  })
  for (const sender of senders.values()) sender.start()
  const service = await startService<DocumentProcessor<DeliverState, SendEffect, SendResult>, SendEffect, SendResult>({
    node,
    log,
    store,
    codec,
    clock,
    scheduler,
    // The step bounds each lane: no channel's sends hold up a shard.
    settings: { ...flow, effectsInFlight: channels.size * urgencies.length * inFlightMax + 1 },
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
    runEffect: send,
    laneOf,
    recallMs: control.lookAgainMs,
    onFailed: fail,
  })
  const unsubscribe = control.subscribe(() => service.recall())
  const all = [...senders.values()]
  return {
    shards: service,
    measure() {
      const held = service.processors().map(({ waiting }) => waiting)
      for (const [channel, sender] of senders) {
        const load = sender.load()
        metrics.channelQueue.set({ channel, urgency: 'all', where: 'inside' }, load.inside)
        const waiting = (lane: string) => held.reduce((sum, counts) => sum + (counts[lane] ?? 0), 0)
        for (const urgency of urgencies) {
          metrics.channelQueue.set({ channel, urgency, where: 'queued' }, load[urgency])
          metrics.channelQueue.set({ channel, urgency, where: 'held' }, waiting(laneName(channel, urgency)))
          metrics.channelQueue.set({ channel, urgency, where: 'paused' }, waiting(pausedLaneName(channel, urgency)))
        }
      }
    },
    problems: () => [
      ...[...channels].flatMap(([name, { provider }]) => {
        const { ready = true, reason = '' } = senders.get(name)?.health() ?? {}
        return ready ? [] : [{ code: 'KM_CHANNEL_DOWN', reason: `${provider}: ${reason}` }]
      }),
      ...control.problems(),
    ],
    async stop(millis) {
      unsubscribe()
      await Promise.all(all.map((sender) => sender.drain()))
      await service.stop(millis)
      await Promise.all(all.map((sender) => sender.stop()))
    },
  }
}

function openSender(platform: Platform, name: ChannelName, channel: Channel): Sender {
  const { store, clock, secret, logger, control } = platform
  return createSender({
    name,
    channel,
    edge: createEdgeIndex(store.index(name), { secret, ...edgeDefaults }),
    append: appendTo(platform),
    clock,
    control,
    log: logger.child({ service: serviceNodes.deliver.name }),
  })
}

/** One adapter for each channel that the settings turn on. @throws CodedError KM_SETTINGS_INVALID */
function openShipped(platform: Platform, shelf: SandboxShelf): ReadonlyMap<ChannelName, Channel> {
  const opened = new Map<ChannelName, Channel>([['sms', createSmsChannel(platform, shelf)]])
  for (const channel of ['ivr', 'push'] as const) {
    if (platform.settings[channel].channel === 'sandbox') opened.set(channel, createSandbox(channel, platform, shelf))
  }
  return opened
}

function createSandbox(
  channel: ChannelName,
  { settings: { sms }, clock, logger }: Platform,
  shelf: SandboxShelf,
): Channel {
  const log = logger.child({ service: serviceNodes.deliver.name })
  const settings = { ...sandboxDefaults, channel, deliveryMs: sms.sandbox_delay_ms, keep: sms.sandbox_keep }
  return createSandboxChannel(settings, clock, log, shelf)
}

/** @throws CodedError KM_SETTINGS_INVALID: smpp is chosen, but there is no URL */
function createSmsChannel(platform: Platform, shelf: SandboxShelf): Channel {
  const { sms, smpp } = platform.settings
  const { clock, logger } = platform
  const log = logger.child({ service: serviceNodes.deliver.name })
  if (sms.channel === 'sandbox') return createSandbox('sms', platform, shelf)
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

function countReceipt({ metrics }: Platform, { channel, status, code }: Receipt): void {
  metrics.receipts.inc({ channel, status })
  if (code === shedCode) metrics.shed.inc({ channel })
}
const shedCode: DeliverCode = 'shed'

/** What sandboxes were given to send, newest first; empty without any. */
function sandboxRoutes(http: FastifyInstance, shelf: () => SandboxShelf | undefined): void {
  http.get<{ Querystring: { after?: number; limit?: number } }>(
    '/v1/sandbox/messages',
    {
      schema: {
        summary: 'Messages that the sandbox channels show instead of sending them',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: { after: { type: 'integer', minimum: 0 }, limit: { type: 'integer', minimum: 1, maximum: 500 } },
        },
      },
    },
    async ({ query }) => ({ messages: shelf()?.messages(query) ?? [] }),
  )
}
