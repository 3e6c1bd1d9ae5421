import { CodedError } from '../../services/domain/errors.ts'
import { copyIndexes } from '../../services/flow/adapters/redis/copy-indexes.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { isDistributed, openParts } from '../../services/platform/open-parts.ts'
import { createCodec } from '../../services/records/create-codec.ts'
import { splitShards } from '../../services/resharding/split-shards.ts'
import { loadSettings } from '../../services/settings/load.ts'
import type { Settings } from '../../services/settings/schema.ts'
import { createLogger } from '../../services/telemetry/log.ts'

export interface SplitArguments {
  /** Settings files. */
  readonly from: string
  readonly to: string
}

/** Both systems stand beside each other on the same servers or on others; the environment's settings hold for both. */
export async function splitSystem({ from, to }: SplitArguments): Promise<void> {
  const [old, grown] = [await loadSettings(from, process.env), await loadSettings(to, process.env)]
  refuseSame(old, grown)
  const say = (line: string) => process.stderr.write(`${line}\n`)
  const logger = createLogger('error')
  const source = await openParts(old, wallClock, logger)
  try {
    const target = await openParts(grown, wallClock, logger)
    try {
      const report = await splitShards({ ...source, codec: await createCodec(source.registry) }, target, say)
      const entries = await copyIndexes(old.redis, grown.redis)
      process.stdout.write(`${JSON.stringify({ ...report, index_entries: entries })}\n`)
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

function refuseSame(old: Settings, grown: Settings): void {
  if (!isDistributed(old) || !isDistributed(grown)) {
    throw new CodedError('KM_SETTINGS_INVALID', 'both systems need kafka.brokers; an embedded engine is begun anew')
  }
  if (old.schema_registry.url !== grown.schema_registry.url || old.secret !== grown.secret) {
    const message = 'both systems need the same schema_registry.url and secret: records and addresses are read by these'
    throw new CodedError('KM_SETTINGS_INVALID', message)
  }
  const place = ({ kafka, redis }: Settings) =>
    [`${kafka.brokers.join()} ${kafka.prefix}`, `${redis.url} ${redis.prefix}`] as const
  const [[oldLog, oldStore], [newLog, newStore]] = [place(old), place(grown)]
  if (oldLog === newLog || oldStore === newStore) {
    throw new CodedError('KM_SETTINGS_INVALID', 'the new system needs a kafka.prefix and a redis.prefix of its own')
  }
}
