import { brokerGone, brokerRestarts } from './campaigns/broker.ts'
import { clocks } from './campaigns/clocks.ts'
import { clusterFailover } from './campaigns/cluster.ts'
import { fullDisk } from './campaigns/disk.ts'
import { kills } from './campaigns/kills.ts'
import { redisGoesBack, redisLosesASecond, redisRestarts } from './campaigns/redis.ts'
import { smscTroubles } from './campaigns/smsc.ts'
import { together } from './campaigns/together.ts'
import { zombies } from './campaigns/zombies.ts'
import type { Campaign } from './run.ts'

/** In the order of the table. */
export const campaigns: readonly Campaign[] = [
  kills,
  together,
  zombies,
  brokerRestarts,
  brokerGone,
  redisRestarts,
  redisLosesASecond,
  redisGoesBack,
  clusterFailover,
  smscTroubles,
  fullDisk,
  clocks,
]
