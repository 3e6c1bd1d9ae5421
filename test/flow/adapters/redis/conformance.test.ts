import { stateStoreConformance } from '../../../conformance/state-store.ts'
import { servers } from '../../../support/servers.ts'
import { createRedisFixture } from './redis-fixture.ts'

stateStoreConformance('redis, single node', () => createRedisFixture(servers.redisUrl, false))
stateStoreConformance('redis, cluster', () => createRedisFixture(servers.redisClusterUrl, true), {
  histories: 15,
  timeoutMs: 180_000,
})
