/**
 * Closes the log after something was begun, or before: `closing-process.ts BROKERS TOPIC join|read|ends during|after [MILLIS]`.
 * Prints what became of it; then nothing may be left that holds the process.
 */

import type { ShardId } from '../../../../services/domain/ids.ts'
import { createKafkaLog } from '../../../../services/flow/adapters/kafka/log.ts'

const [brokers = '', topic = '', what = '', when = '', millis = '0'] = process.argv.slice(2)
const log = await createKafkaLog({ brokers: brokers.split(','), clientId: 'test-child', shards: 4, topics: [topic] })

async function read(): Promise<void> {
  for await (const batch of log.read(topic, 0 as ShardId, 0, 1)) while (batch.next());
}
const join = () =>
  log.join({
    group: `closing-${topic}`,
    topics: [topic],
    assigned(_, feed) {
      feed.start([0], { push() {} })
    },
    revoked: async () => undefined,
    failed: () => undefined,
  })
const told = (action: Promise<unknown>) =>
  action.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? String(error),
  )

const actions: Readonly<Record<string, () => Promise<unknown>>> = { join, read, ends: () => log.ends([topic]) }
const act = async () => told((actions[what] as () => Promise<unknown>)())

if (when === 'after') await log.close()
const outcome = act()
if (when === 'during') {
  await new Promise((resolve) => setTimeout(resolve, Number(millis)))
  await log.close()
}
console.log(await outcome)
