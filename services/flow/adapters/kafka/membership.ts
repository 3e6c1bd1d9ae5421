import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import { CodedError } from '../../../domain/errors.ts'
import type { ShardId } from '../../../domain/ids.ts'
import type { JoinOptions, Membership } from '../../event-log.ts'
import { logUnavailable } from './client.ts'
import { type GroupConsumer, startGroupConsumer } from './group-consumer.ts'
import { type FetchControl, HeldShard } from './held-shard.ts'
import { type ConsumeSettings, type KafkaLogger, sessionTimeoutDefaultMs } from './settings.ts'
import type { AskWatermarks } from './watermarks.ts'

export interface GroupEnvironment {
  readonly kafka: Kafka
  readonly shards: number
  readonly consume: ConsumeSettings
  readonly watermarks: AskWatermarks
  readonly logger: KafkaLogger
  readonly startWithinMs: number
  /** Aborted: whoever waits for the group is told, and nobody joins any more. */
  readonly closing: AbortSignal
}

/** Group offsets are for lag graphs only: they are told this seldom. */
const progressEveryMs = 5_000

/** Joins the group and stays in it, over rebalances, crashes of kafkajs' consumer and absences of the brokers. */
export async function joinGroup(environment: GroupEnvironment, options: JoinOptions): Promise<Membership> {
  const { logger, watermarks } = environment
  const { stalledAfterMs = 20_000, sessionTimeoutMs = sessionTimeoutDefaultMs } = environment.consume
  const { group, topics } = options
  const held = new Map<ShardId, HeldShard>()
  /** Shards of which the owner was told. */
  const announced = new Set<ShardId>()
  /** By shard, what was told last: a shard that comes back waits for the end of its revocation. */
  const turns = new Map<ShardId, Promise<void>>()
  const firstJoin = Promise.withResolvers<void>()
  let since = 0
  let left = false
  let consumer: GroupConsumer | null = null
  let control: FetchControl | null = null
  let renew: (why: Error) => void = () => {}

  const viaCurrent: FetchControl = {
    seek: (...where) => control?.seek(...where),
    pause: (...where) => control?.pause(...where),
    resume: (...where) => control?.resume(...where),
  }

  function inTurn(shard: ShardId, act: () => void | Promise<void>): Promise<void> {
    const turn = (turns.get(shard) ?? Promise.resolve()).then(act).catch((error: Error) => {
      logger.error({ group, shard, error: error.message }, 'the owner of a shard failed to take or release it')
      options.failed(error)
    })
    turns.set(shard, turn)
    return turn
  }

  function take(shard: ShardId): void {
    const one = new HeldShard({
      shard,
      topics,
      control: viaCurrent,
      watermarks,
      logger,
      failed: (error) => options.failed(error),
    })
    held.set(shard, one)
    one.place()
    void inTurn(shard, () => {
      if (held.get(shard) !== one) return
      announced.add(shard)
      options.assigned(shard, one)
    })
  }

  function release(shard: ShardId): Promise<void> {
    held.get(shard)?.end()
    held.delete(shard)
    return inTurn(shard, async () => {
      if (announced.delete(shard)) await options.revoked(shard)
    })
  }

  function joined(shards: readonly ShardId[], by: FetchControl): void {
    if (left) return
    control = by
    since = Date.now()
    const mine = new Set(shards)
    const gone = [...held.keys()].filter((shard) => !mine.has(shard))
    for (const shard of gone) void release(shard)
    for (const shard of shards) {
      const kept = held.get(shard)
      if (kept) kept.place()
      else take(shard)
    }
    logger.info({ group, shards: shards.length, revoked: gone.length }, 'joined the group')
    firstJoin.resolve()
  }

  /** One consumer after the other; each is given up when it crashes or stalls. */
  async function stay(): Promise<void> {
    for (let delay = 200; !left; delay = Math.min(2 * delay, 2_000)) {
      const ended = Promise.withResolvers<Error>()
      renew = ended.resolve
      const began = performance.now()
      consumer = null
      try {
        consumer = await startGroupConsumer({
          ...environment,
          group,
          topics,
          holding: () => ({ shards: [...held.keys()], since }),
          joined,
          fetching: () => {
            for (const one of held.values()) one.fetching()
          },
          batch: (topic, batch) => held.get(batch.partition as ShardId)?.take(topic, batch),
          passedOver: (topic, shard, ...records) => held.get(shard)?.passOver(topic, ...records),
          crashed: ended.resolve,
        })
      } catch (error) {
        ended.resolve(error instanceof Error ? error : new Error(String(error)))
      }
      const why = await ended.promise
      control = null
      // Also one that came to be only after this member had left: it would stay in the group, and hold the process.
      if (consumer) await giveUp(consumer)
      if (left) return
      if (isFinal(why)) {
        const message = `Kafka refuses the group ${group}: ${why.message}`
        const error = new CodedError('KM_LOG_REFUSED', message, { cause: why })
        firstJoin.reject(error)
        options.failed(error)
        return
      }
      logger.warn({ group, error: why.message }, 'the consumer ended; making another')
      if (performance.now() - began > 60_000) delay = 200
      await sleep(delay)
    }
  }

  async function tellProgress(): Promise<void> {
    const positions = [...held.values()].flatMap((one) =>
      (one.takeProgress() ?? []).map((position, topic) => ({
        topic: topics[topic] as string,
        partition: one.shard,
        offset: String(position),
      })),
    )
    if (positions.length === 0) return
    await consumer?.commit(positions).catch((error: Error) => {
      logger.debug({ group, error: error.message }, 'group offsets were not told')
    })
  }

  async function watch(): Promise<void> {
    const still = [...held.values()].flatMap((one) => one.still(stalledAfterMs).map((where) => ({ one, ...where })))
    const asked = [...new Set(still.map(({ topic }) => topic))]
    const bounds = new Map(
      await Promise.all(asked.map(async (topic) => [topic, await watermarks(topics[topic] as string)] as const)),
    )
    for (const { one, topic, position } of still) {
      const { low = 0, high: end = 0 } = bounds.get(topic)?.[one.shard] ?? {}
      if (low > position) one.overtaken(topic, low)
      else if (end <= position) one.idle(topic)
      else {
        one.idle(topic)
        renew(
          new Error(
            `nothing of ${topics[topic]} ${one.shard} came for ${stalledAfterMs} ms though ${end - position} wait`,
          ),
        )
      }
    }
  }

  const staying = stay()
  const progressTimer = setInterval(() => void tellProgress(), progressEveryMs).unref()
  const watchTimer = setInterval(() => {
    watch().catch((error: Error) => logger.debug({ group, error: error.message }, 'the watchdog saw nothing'))
  }, stalledAfterMs / 2).unref()

  async function leave(): Promise<void> {
    if (left) return
    left = true
    clearInterval(progressTimer)
    clearInterval(watchTimer)
    await tellProgress()
    await Promise.all([...held.keys()].sort((a, b) => a - b).map(release))
    await Promise.all(turns.values())
    const isThere = consumer !== null
    renew(new Error('left'))
    // One that is still about to join ends by itself.
    if (isThere) await staying
  }

  // A member that was killed keeps a new one waiting for what is left of its session. Who gave up in that time would leave
  // another such member behind, and the next attempt would wait for that.
  const joinWithinMs = environment.startWithinMs + sessionTimeoutMs
  const tooLate = setTimeout(() => {
    firstJoin.reject(logUnavailable(`group ${group}`, new Error(`not joined in ${joinWithinMs} ms`)))
  }, joinWithinMs)
  const onClosing = () => firstJoin.reject(environment.closing.reason)
  environment.closing.addEventListener('abort', onClosing)
  try {
    await firstJoin.promise
  } catch (error) {
    await leave()
    throw error
  } finally {
    clearTimeout(tooLate)
    environment.closing.removeEventListener('abort', onClosing)
  }
  return { shards: () => [...held.keys()].sort((a, b) => a - b), leave }
}

/** Ends a consumer; one that hangs is left to itself, and the group drops it after its session. */
async function giveUp(consumer: GroupConsumer): Promise<void> {
  consumer.abandon()
  const timer = new AbortController()
  await Promise.race([
    consumer.stop().catch(() => {}),
    sleep(5_000, undefined, { signal: timer.signal }).catch(() => {}),
  ])
  timer.abort()
}

const finalTypes = [
  'GROUP_AUTHORIZATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_GROUP_ID',
]

/** Nothing that time heals: rights, or members of another kind in the same group. */
function isFinal(error: Error): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at.name === 'KafkaJSSASLAuthenticationError') return true
    if ('type' in at && finalTypes.includes(String(at.type))) return true
  }
  return false
}
