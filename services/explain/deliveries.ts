import type { ShardId } from '../domain/ids.ts'
import type { Platform } from '../platform/platform.ts'
import type { Attempt, Receipt } from '../records/types.ts'
import { topics } from '../topology.ts'
import type { DeliveryAnswer } from './answer.ts'
import type { DecidedMoment } from './decided-moments.ts'
import type { Telling } from './decision-answer.ts'
import { recordsOf } from './records-of.ts'

/** What became of a command, in the order of time: each try to send it, and what its channel said. */
export interface Delivery {
  readonly attempts: readonly Attempt[]
  readonly receipts: readonly Receipt[]
}

/** By command. */
export type Deliveries = ReadonlyMap<string, Delivery>

/** Of the commands about these moments, as it stands on the log. */
export async function deliveriesOf(
  platform: Pick<Platform, 'log' | 'codec'>,
  shard: ShardId,
  subscriber: string,
  moments: readonly DecidedMoment[],
): Promise<Deliveries> {
  const commands = moments.flatMap(({ decisions }) => decisions.flatMap(({ command_id }) => command_id ?? []))
  const deliveries = new Map(commands.map((id) => [id, { attempts: [] as Attempt[], receipts: [] as Receipt[] }]))
  if (deliveries.size === 0) return deliveries
  // A replay may have repeated them.
  const known = new Set<string>()
  const isNew = (id: string) => !known.has(id) && known.add(id)
  for await (const attempt of recordsOf(platform, topics.attempts, shard, subscriber)) {
    if (isNew(attempt.attempt_id)) deliveries.get(attempt.command_id)?.attempts.push(attempt)
  }
  for await (const receipt of recordsOf(platform, topics.receipts, shard, subscriber)) {
    if (isNew(receipt.receipt_id)) deliveries.get(receipt.command_id)?.receipts.push(receipt)
  }
  return deliveries
}

const iso = (at: number): string => new Date(at).toISOString()

export const deliveryAnswer = ({ attempts, receipts }: Delivery): DeliveryAnswer => ({
  attempts: attempts.map(({ attempt_id, attempted_at, provider }) => ({ attempt_id, at: iso(attempted_at), provider })),
  receipts: receipts.map(({ received_at, status, code, detail }) => ({
    at: iso(received_at),
    status,
    code: code ?? null,
    detail: detail ?? null,
  })),
})

/** `accepted 10:00:01, delivered 10:00:03`; without a receipt how often it was tried. */
export function deliveryWords({ attempts, receipts }: Delivery, { say, when }: Telling): string {
  const last = attempts.at(-1)
  if (receipts.length > 0) {
    return say.list(receipts.map(({ status, code, received_at }) => say.told(status, when(received_at), code ?? '')))
  }
  return last ? say.tried(attempts.length, when(last.attempted_at)) : say.nothingHeard
}
