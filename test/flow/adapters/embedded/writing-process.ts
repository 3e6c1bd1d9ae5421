/** Appends and commits 1, 2, 3, … in the folder given, and tells each number once both are said to be durable. */
import { shardId } from '../../../../services/domain/ids.ts'
import { openEmbedded } from '../../../../services/flow/adapters/embedded/open-embedded.ts'
import { groupOf } from '../../../conformance/commit-group.ts'

const { log, store } = openEmbedded(process.argv[2] ?? '', { shards: 4 })
const owner = await store.claim('service', shardId(0))
for (let number = 1; ; number++) {
  await log.append([{ topic: 't', key: 'subscriber', value: Buffer.from(`${number}`) }])
  await owner.commit(groupOf(number, { writes: { subscriber: `${number}` } }))
  process.stdout.write(`told ${number}\n`)
}
