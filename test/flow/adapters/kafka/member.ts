/** A member of a group in a process of its own, to be killed: `member.ts BROKERS GROUP TOPIC`. Prints `holds 0,1`. */

import type { ShardId } from '../../../../services/domain/ids.ts'
import { createKafkaLog } from '../../../../services/flow/adapters/kafka/log.ts'

const [brokers = '', group = '', topic = ''] = process.argv.slice(2)
const log = await createKafkaLog({ brokers: brokers.split(','), clientId: 'test-child', shards: 4, topics: [topic] })
const held = new Set<ShardId>()
const say = () => console.log(`holds ${[...held].sort()}`)
await log.join({
  group,
  topics: [topic],
  assigned(shard, feed) {
    held.add(shard)
    feed.start([0], { push() {} })
    say()
  },
  async revoked(shard) {
    held.delete(shard)
    say()
  },
  failed(error) {
    console.log(String(error))
  },
})
