import { Redis } from 'ioredis'
import { servers } from '../../support/servers.ts'

/** Settings of an engine on the real servers, with topics of its own and an empty Redis database of its own. */
export async function ownSpace(name: string): Promise<Record<string, string>> {
  // Files run one at a time in a worker: its number keeps them apart. Lower databases are left to others.
  const database = 10 + Number(process.env.VITEST_POOL_ID ?? 0)
  const redis = new Redis(`${servers.redisUrl}/${database}`)
  await redis.flushdb()
  await redis.quit()
  return {
    KEYMOMENT_KAFKA_BROKERS: servers.kafkaBrokers.join(),
    KEYMOMENT_KAFKA_PREFIX: `${name}-${process.pid}-${Date.now()}.`,
    KEYMOMENT_REDIS_URL: `${servers.redisUrl}/${database}`,
    KEYMOMENT_SCHEMA_REGISTRY_URL: servers.schemaRegistryUrl,
    KEYMOMENT_SECRET: 'a secret of the tests only',
    KEYMOMENT_SHARDS: '4',
  }
}
