import { CodedError } from '../domain/errors.ts'
import { dayMs } from '../domain/time-zones.ts'
import { type AnyInput, type AnyOutput, DocumentProcessor } from '../flow/documents.ts'
import type { Places } from '../flow/places.ts'
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
import { sandboxRoutes } from './adapters/sandbox/sandbox-routes.ts'
import { createSandboxShelf, type SandboxShelf } from './adapters/sandbox/sandbox-shelf.ts'
import { webhookRoutes } from './adapters/webhook/webhook-routes.ts'
import { phonePlan } from './again.ts'
import type { Channel } from './channel.ts'
import { countOutcome, countReceipt, measureChannels } from './channel-metrics.ts'
import { createChannelReports } from './channel-reports.ts'
import { deliverDefaults } from './deliver-settings.ts'
import { createEdgeIndex, edgeDefaults } from './edge-index.ts'
import type { Append } from './intake.ts'
import { linkRoutes } from './link-routes.ts'
import { createLinks, type Links } from './links.ts'
import { openChannels } from './open-channels.ts'
import { createPlaces } from './places.ts'
import type { SendEffect, SendResult } from './send-effect.ts'
import { createSender, type Sender } from './sender.ts'
import type { DeliverState } from './state.ts'
import { createDeliverStep } from './step.ts'

/** Real milliseconds between two looks at whether channels have opened. */
const lookMs = 100
/** And between two looks at whether others are to be told how they are. */
const tellMs = 1_000

/** What deliver sends through, and its place on the map: it reads the commands of each of them. */
interface DeliverChannels {
  readonly node: ServiceNode
  /** Called once, when the service starts; `shelf`: for the messages of sandboxes. @throws CodedError KM_SETTINGS_INVALID */
  open(platform: Platform, shelf: SandboxShelf): ReadonlyMap<ChannelName, Channel>
}

const shipped: DeliverChannels = { node: serviceNodes.deliver, open: openChannels }

/** Deliver as a service: the step on every shard, each channel once for the process. */
export function createDeliver(channels = shipped): Deployable {
  let shelf: SandboxShelf | undefined
  let opened: ReadonlyMap<string, Channel> = new Map()
  let links: Links | undefined
  return {
    name: channels.node.name,
    node: channels.node,
    routes(http, platform) {
      sandboxRoutes(
        http,
        () => shelf,
        () => platform().clock,
      )
      webhookRoutes(http, (name) => opened.get(name))
      linkRoutes(http, () => links)
    },
    async start(platform) {
      shelf = createSandboxShelf(platform.settings.sms.sandbox_keep)
      const sends = channels.open(platform, shelf)
      opened = sends
      links = openLinks(platform)
      return startDeliver(platform, channels.node, sends, links)
    },
  }
}

async function startDeliver(
  platform: Platform,
  node: ServiceNode,
  channels: ReadonlyMap<ChannelName, Channel>,
  links: Links,
): Promise<Running> {
  const { clock, logger, control, channelHealth } = platform
  const senders = new Map([...channels].map(([name, channel]) => [name, openSender(platform, name, channel, links)]))
  const all = [...senders.values()]
  const places = createPlaces(new Map([...senders].map(([name, sender]) => [name, sender.places])))
  // Whether a channel is bound, or its circuit may be tried again, nobody tells.
  const looking = setInterval(places.look, lookMs)
  const reports = channelHealth && createChannelReports({ senders, health: channelHealth, clock, log: logger })
  const telling = reports && setInterval(reports.tell, tellMs)
  for (const sender of all) sender.start()
  const service = await startShards(platform, node, stepFor(platform, channels), senders, places)
  const unsubscribe = control.subscribe(() => service.recall())
  return {
    shards: service,
    measure: () =>
      measureChannels(
        platform.metrics,
        senders,
        service.processors().map(({ waiting }) => waiting),
      ),
    problems: () => [...all.flatMap(channelProblems), ...control.problems()],
    async stop(millis) {
      unsubscribe()
      clearInterval(looking)
      clearInterval(telling)
      await Promise.all(all.map((sender) => sender.drain()))
      await service.stop(millis)
      await Promise.all(all.map((sender) => sender.stop()))
    },
  }
}

type DeliverStep = Step<DeliverState, AnyInput, AnyOutput, SendEffect, SendResult>

function stepFor({ settings, control }: Platform, channels: ReadonlyMap<ChannelName, Channel>): DeliverStep {
  const { clock, ivr } = settings
  return createDeliverStep({
    ...deliverDefaults,
    providers: Object.fromEntries([...channels].map(([name, { provider }]) => [name, provider])),
    reaches: (name, address) => channels.get(name)?.reaches?.(address) ?? true,
    // Limits on real waiting: a demonstration clock runs ahead of it.
    patienceMs: deliverDefaults.patienceMs * clock.factor,
    resultTimeoutMs: deliverDefaults.resultTimeoutMs * clock.factor,
    againPlans: { ivr: phonePlan({ pauseMs: ivr.busy_pause_ms, times: ivr.busy_times }) },
    holds: control,
  })
}

function startShards(
  platform: Platform,
  node: ServiceNode,
  step: DeliverStep,
  senders: ReadonlyMap<ChannelName, Sender>,
  places: Places<SendEffect>,
) {
  const { log, store, codec, clock, scheduler, flow, metrics, logger, settings, control, fail } = platform
  const placesMost = [...senders.values()].reduce((sum, { placesMax }) => sum + placesMax, 1)
  return startService<DocumentProcessor<DeliverState, SendEffect, SendResult>, SendEffect, SendResult>({
    node,
    log,
    store,
    codec,
    clock,
    scheduler,
    // Places bound them: no channel's sends hold up a shard.
    settings: { ...flow, effectsInFlight: placesMost },
    observer: createObserver(node.name, metrics, logger),
    createProcessor: () =>
      new DocumentProcessor<DeliverState, SendEffect, SendResult>({
        step,
        reads: node.reads,
        codec,
        onOutput: ({ topic, value }) => {
          if (topic === topics.receipts) countReceipt(metrics, value as Receipt)
        },
      }),
    async runEffect(effect) {
      const sender = senders.get(effect.channel)
      // The step takes no command of another channel.
      if (!sender) throw new CodedError('KM_DELIVER_WRONG_CHANNEL', `nothing sends through '${effect.channel}'`)
      const result = await sender.send(effect)
      const tookMs = Math.max(0, clock.now() - effect.claimedAt) / settings.clock.factor
      countOutcome(metrics, effect.channel, result.outcome, tookMs)
      return result
    },
    places,
    recallMs: control.lookAgainMs,
    onFailed: fail,
  })
}

function channelProblems({ provider, health }: Sender): ReturnType<NonNullable<Running['problems']>> {
  const { ready, reason, faults = [] } = health()
  return ready ? faults : [{ code: 'KM_CHANNEL_DOWN', reason: `${provider}: ${reason}` }, ...faults]
}

function openLinks(platform: Platform): Links {
  const { store, clock, secret, logger, metrics, settings } = platform
  const { url, lifetime_days } = settings.links
  return createLinks({
    url: url.replace(/\/$/, ''),
    lifetimeMs: lifetime_days * dayMs,
    secret,
    index: store.index('links'),
    append: appendTo(platform),
    clock,
    log: logger.child({ service: serviceNodes.deliver.name }),
    count: (kind, outcome) => metrics.linkCalls.inc({ kind, outcome }),
  })
}

function openSender(platform: Platform, name: ChannelName, channel: Channel, links: Links): Sender {
  const { store, clock, secret, logger, control, catalogue, metrics } = platform
  return createSender({
    name,
    channel,
    edge: createEdgeIndex(store.index(name), { secret, ...edgeDefaults }),
    links,
    append: appendTo(platform),
    words: () => catalogue.current.policy.replies,
    clock,
    control,
    log: logger.child({ service: serviceNodes.deliver.name }),
    countTold: (kind, code) => metrics.channelTold.inc({ channel: name, kind, code }),
  })
}

function appendTo(platform: Platform): Append {
  const { log, codec, metrics } = platform
  return async ({ topic, value }) => {
    if (topic === topics.receipts) countReceipt(metrics, value as Receipt)
    const bytes = codec.encode(topic as Topic & { schema: SchemaName }, value)
    await log.append([{ topic: topic.name, key: value.subscriber_id, value: bytes }])
  }
}
