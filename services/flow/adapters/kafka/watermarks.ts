import type { Admin } from 'kafkajs'

/** Where one topic and shard begins (oldest kept record) and ends (behind the newest). */
export interface Watermarks {
  readonly low: number
  readonly high: number
}

/** By shard. @throws whatever kafkajs throws; ask again */
export type AskWatermarks = (topic: string) => Promise<readonly Watermarks[]>

/**
 * Asks the brokers where topics begin and end. Kafka answers for all shards of a topic at once, and a member starts
 * many shards at once: questions of the same moment share an answer. None gets one that was asked for before it. Once
 * `closing` is aborted nothing is asked any more.
 */
export function createWatermarks(admin: Admin, closing: AbortSignal): AskWatermarks {
  const asked = new Map<string, Promise<readonly Watermarks[]>>()
  return async (topic) => {
    // A question would connect the admin client again, and nobody would end that.
    closing.throwIfAborted()
    const shared = asked.get(topic)
    if (shared) return shared
    const answer = new Promise<void>((resolve) => setTimeout(resolve, 2)).then(() => {
      asked.delete(topic)
      closing.throwIfAborted()
      return ask(admin, topic, closing)
    })
    asked.set(topic, answer)
    return answer
  }
}

async function ask(admin: Admin, topic: string, closing: AbortSignal): Promise<readonly Watermarks[]> {
  try {
    const partitions = await admin.fetchTopicOffsets(topic)
    return [...partitions]
      .sort((a, b) => a.partition - b.partition)
      .map(({ low, high }) => ({ low: Number(low), high: Number(high) }))
  } catch (error) {
    // The admin client doesn't come back by itself after the brokers were away.
    if (!closing.aborted) await admin.connect().catch(() => {})
    if (closing.aborted) await admin.disconnect().catch(() => {})
    throw error
  }
}
