import { randomUUID } from 'node:crypto'
import { deterministicId } from '../domain/ids.ts'
import type { EventLog } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import type { ChannelReport } from '../records/types.ts'
import { readWhole, type WholeTopics, wholeTopic } from '../records/whole-topics.ts'
import type { Logger } from '../telemetry/log.ts'
import { type Channel, topics } from '../topology.ts'
import { type ChannelHealths, createHealthBoard } from './board.ts'

export interface ChannelHealthParts {
  readonly log: EventLog
  readonly codec: Codec
  /** Names this process, as no other is named. */
  readonly process: string
  readonly logger: Logger
}

export interface OpenChannelHealth extends ChannelHealths {
  /** Some process says that the channel is down, whatever others say. */
  isDoubted(channel: Channel): boolean
  /** What this process has to say of it. @throws CodedError KM_LOG_UNAVAILABLE; it is to be said again then */
  report(report: Pick<ChannelReport, 'channel' | 'state' | 'since' | 'reported_at'>): Promise<void>
  close(): Promise<void>
}

const lookEveryMs = 1_000

/**
 * Hears on km.channel-health how channels are, from now on. It doesn't wait until it does, nor does anything stop if it can't:
 * what isn't known is taken to be up.
 */
export function openChannelHealth({ log, codec, process, logger }: ChannelHealthParts): OpenChannelHealth {
  const board = createHealthBoard(() => performance.now())
  const { name } = topics.channelHealth
  const deaf = (error: unknown) =>
    logger.warn({ err: error }, 'it is not heard how channels are: all are taken to be up')

  async function join(): Promise<WholeTopics | undefined> {
    try {
      // What was said before is said again soon, if it is still so.
      const [ends = []] = await log.ends([name])
      const topic = wholeTopic(topics.channelHealth, (report) => report && board.take(report), ends)
      return await readWhole({ log, codec, reader: 'channel-health', topics: [topic], failed: deaf })
    } catch (error) {
      deaf(error)
      return undefined
    }
  }
  const joining = join()
  const looking = setInterval(board.look, lookEveryMs).unref()

  return {
    downSince: board.downSince,
    isDoubted: board.isDoubted,

    async report(content) {
      board.take({ ...content, process })
      const subscriber_id = deterministicId('channel-health', process, content.channel)
      const report = { report_id: randomUUID(), subscriber_id, process, ...content }
      await log.append([{ topic: name, key: subscriber_id, value: codec.encode(topics.channelHealth, report) }])
    },

    async close() {
      clearInterval(looking)
      await (await joining)?.stop()
    },
  }
}
