import type { Admin, ITopicConfig } from 'kafkajs'
import { waitFor } from '../../support/wait-for.ts'
import { shards } from '../settings.ts'

/** Creates topics and waits until their leaders serve: kafkajs' own waiting fails at a topic that isn't known yet. */
export async function createTopics(
  admin: Admin,
  names: readonly string[],
  configEntries: NonNullable<ITopicConfig['configEntries']> = [],
): Promise<void> {
  await admin.createTopics({
    topics: names.map((topic) => ({ topic, numPartitions: shards, replicationFactor: 1, configEntries })),
    waitForLeaders: false,
  })
  const served = async () => {
    for (const name of names) await admin.fetchTopicOffsets(name)
    return true
  }
  await waitFor(`topics ${names.join(', ')}`, served, { deadlineMs: 60_000 })
}

/** Of topics whose records bear the time at which the broker took them. */
export const appendTime: NonNullable<ITopicConfig['configEntries']> = [
  { name: 'message.timestamp.type', value: 'LogAppendTime' },
]
