import { userInfo } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { CodedError } from '../../services/domain/errors.ts'
import { type PutBack, putBack } from '../../services/flow/adapters/redis/put-back.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { describeGap } from '../../services/flow/log-gap.ts'
import { isDistributed, openParts, redisSettings } from '../../services/platform/open-parts.ts'
import { caughtUp, type Restored, restore } from '../../services/recovery/restore.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { columns } from '../columns.ts'

export interface RestoreArguments {
  readonly snapshot?: readonly string[]
  readonly acceptLoss?: string
  readonly author?: string
  readonly dryRun?: boolean
  readonly wait?: boolean
  readonly json?: boolean
  readonly config?: string
}

const lookEveryMs = 1_000
const sayEveryMs = 10_000

/**
 * Brings back what Redis lost.
 * @returns the exit code: 1 where history would be lost and nobody accepted that
 * @throws CodedError KM_USAGE, KM_SNAPSHOT_UNREADABLE, of the settings, log or store
 */
export async function restoreState(options: RestoreArguments): Promise<0 | 1> {
  const {
    snapshot = [],
    acceptLoss,
    author = userInfo().username,
    dryRun = false,
    wait = false,
    json = false,
  } = options
  if (acceptLoss?.trim() === '')
    throw new CodedError('KM_USAGE', 'say why the loss is acceptable: --accept-loss <reason>')
  const settings = await loadSettings(options.config, process.env)
  if (!isDistributed(settings) && (snapshot.length > 0 || wait)) {
    throw new CodedError('KM_USAGE', '--snapshot and --wait are for Redis; the embedded engine keeps files: copy those')
  }
  const started = performance.now()
  const logger = createLogger('warn')
  // Before the log is opened, which takes seconds: workers that wait for a shard may go on with it at once.
  const back = snapshot.length > 0 && !dryRun ? await putBack(redisSettings(settings, logger), snapshot) : undefined
  const parts = await openParts(settings, wallClock, logger)
  try {
    const { log, store } = parts
    const restored = await restore({ log, store, by: author, at: Date.now(), acceptLoss, dryRun })
    const preparedMs = performance.now() - started
    if (!json) tell(restored, back, dryRun)
    if (restored.refused) {
      if (json) printJson(restored, back, preparedMs, undefined)
      process.stderr.write(`${refusal(restored.forgotten, snapshot.length > 0)}\n`)
      return 1
    }
    if (wait && !dryRun) await caughtUp({ log, store, onLook: progress(), pause: () => pause(lookEveryMs) })
    const totalMs = wait && !dryRun ? performance.now() - started : undefined
    if (json) printJson(restored, back, preparedMs, totalMs)
    else process.stderr.write(`${closing(restored, dryRun, totalMs)}\n`)
    return 0
  } finally {
    await parts.close()
  }
}

/** Lines; there may be as many as shards and topics. */
const gapsTold = 20

function tell({ services, gaps }: Restored, back: PutBack | undefined, dryRun: boolean): void {
  if (back) {
    const kept = back.kept.length > 0 ? `; ${back.kept.length} shards that have a state were left alone` : ''
    process.stderr.write(`put back from the snapshot: ${back.shards.length} shards, ${megabytes(back.bytes)}${kept}\n`)
  }
  const rows = services.map(({ service, shards, kept, begun, shortened, behind }) =>
    [service, shards, kept, begun, shortened, behind].map(String),
  )
  const heading = ['service', 'shards', 'with state', dryRun ? 'would begin from the log' : 'begin from the log']
  for (const line of columns([[...heading, 'without older history', 'records to read'], ...rows])) {
    process.stdout.write(`${line}\n`)
  }
  for (const gap of gaps.slice(0, gapsTold)) {
    process.stdout.write(`never handled: ${gap.service}, shard ${gap.shard}: ${describeGap(gap)}\n`)
  }
  const untold = gaps.slice(gapsTold)
  if (untold.length === 0) return
  const records = untold.reduce((sum, { from, to }) => sum + to - from, 0)
  process.stdout.write(`and ${records} records in ${untold.length} more places: --json names them\n`)
}

const refusal = (forgotten: readonly string[], hadSnapshot: boolean): string =>
  `KM_LOSS_NOT_ACCEPTED  nothing was changed${hadSnapshot ? ' beside the snapshot' : ''}: the log has only the newer part of ` +
  `${forgotten.join(', ')}; give ${hadSnapshot ? 'a newer snapshot' : '--snapshot FILE'}, or accept that older history is ` +
  'lost by --accept-loss REASON: marketing then waits until the longest cap is covered by what is known'

function closing({ services }: Restored, dryRun: boolean, totalMs: number | undefined): string {
  if (dryRun) return 'a dry run: nothing was changed'
  if (totalMs !== undefined) return `caught up after ${(totalMs / 1000).toFixed(1)} s`
  const begun = services.some((service) => service.begun > 0)
  return begun ? 'running services take these over within 5 seconds; readyz says when' : 'every shard has its state'
}

function printJson(
  restored: Restored,
  back: PutBack | undefined,
  preparedMs: number,
  totalMs: number | undefined,
): void {
  const seconds = (ms: number) => Math.round(ms) / 1000
  const snapshot = back && { shards: back.shards.length, kept: back.kept.length, bytes: back.bytes }
  const times = { prepared_seconds: seconds(preparedMs), caught_up_seconds: totalMs && seconds(totalMs) }
  process.stdout.write(`${JSON.stringify({ ...restored, snapshot, ...times })}\n`)
}

/** Tells now and then how much is still to be read. */
function progress(): (behind: number) => void {
  let told = performance.now()
  return (behind) => {
    if (performance.now() - told < sayEveryMs) return
    told = performance.now()
    process.stderr.write(`${behind} records to read\n`)
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`
