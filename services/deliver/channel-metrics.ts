import type { Receipt } from '../records/types.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Channel as ChannelName } from '../topology.ts'
import type { Outcome } from './channel.ts'
import { circuitStates } from './circuit.ts'
import type { DeliverCode } from './codes.ts'
import { laneName, pausedLaneName, urgencies } from './lane.ts'
import type { Sender } from './sender.ts'

/** @param tookMs from the claim on: the commit, the attempt on the log, and the wait for the channel are in it; real milliseconds */
export function countOutcome(metrics: Metrics, channel: ChannelName, outcome: Outcome, tookMs: number): void {
  metrics.channelOutcomes.inc({ channel, outcome: outcome.kind, code: 'code' in outcome ? outcome.code : '' })
  if (outcome.kind === 'accepted') metrics.channelSend.observe({ channel }, tookMs / 1_000)
}

const shedCode: DeliverCode = 'shed'

export function countReceipt(metrics: Metrics, { channel, status, code }: Receipt): void {
  metrics.receipts.inc({ channel, status })
  if (code === shedCode) metrics.shed.inc({ channel })
}

/** How each channel is, and who waits for it. @param held by shard, how many wait in each lane */
export function measureChannels(
  metrics: Metrics,
  senders: ReadonlyMap<ChannelName, Pick<Sender, 'circuit' | 'load'>>,
  held: readonly Readonly<Record<string, number>>[],
): void {
  const waiting = (lane: string) => held.reduce((sum, counts) => sum + (counts[lane] ?? 0), 0)
  for (const [channel, sender] of senders) {
    const load = sender.load()
    metrics.channelBreaker.set({ channel }, circuitStates.indexOf(sender.circuit()))
    metrics.channelQueue.set({ channel, urgency: 'all', where: 'inside' }, load.inside)
    for (const urgency of urgencies) {
      metrics.channelQueue.set({ channel, urgency, where: 'queued' }, load[urgency])
      metrics.channelQueue.set({ channel, urgency, where: 'held' }, waiting(laneName(channel, urgency)))
      metrics.channelQueue.set({ channel, urgency, where: 'paused' }, waiting(pausedLaneName(channel, urgency)))
    }
  }
}
