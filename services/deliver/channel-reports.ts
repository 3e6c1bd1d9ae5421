import type { OpenChannelHealth } from '../channel-health/open.ts'
import type { Clock } from '../flow/clock.ts'
import type { Channel as ChannelName } from '../topology.ts'
import type { Log } from './channel.ts'
import type { Sender } from './sender.ts'

/** It is so for so long before it is said, so that a short trouble sends nobody another way. Real milliseconds. */
const steadyMs = 5_000
/** While it is down it is said so often, and so is that it is up while others say it is down: a third of what it counts for. */
const repeatEveryMs = 5_000

/** How a channel is, with hysteresis: it is up at first, and changes when it has been otherwise for a while. */
function createSteadyHealth() {
  let state: 'up' | 'down' = 'up'
  /** Since when it has been the other way without a break; undefined: it isn't. */
  let otherSince: number | undefined
  return {
    /**
     * @param now real milliseconds since some moment
     * @param isSure the circuit is open, which already took a row of failures: that is not waited for
     */
    observe(isUp: boolean, isSure: boolean, now: number): 'up' | 'down' {
      if (isUp === (state === 'up')) {
        otherSince = undefined
        return state
      }
      otherSince ??= now
      if (!(isSure && !isUp) && now - otherSince < steadyMs) return state
      state = isUp ? 'up' : 'down'
      otherSince = undefined
      return state
    },
  }
}

interface ReportsParts {
  readonly senders: ReadonlyMap<ChannelName, Pick<Sender, 'health' | 'circuit'>>
  readonly health: Pick<OpenChannelHealth, 'report' | 'isDoubted'>
  readonly clock: Clock
  readonly log: Log
  /** Real milliseconds since some moment. */
  readonly now?: () => number
}

/** Tells others how this process finds its channels. Call `tell` every second or so. */
export function createChannelReports({ senders, health, clock, log, now = () => performance.now() }: ReportsParts) {
  const known = [...senders].map(([channel, sender]) => ({
    channel,
    sender,
    steady: createSteadyHealth(),
    state: 'up' as 'up' | 'down',
    since: clock.now(),
    saidAt: Number.NEGATIVE_INFINITY,
  }))
  return {
    tell(): void {
      for (const one of known) {
        const { channel, sender, steady } = one
        const circuit = sender.circuit()
        const state = steady.observe(sender.health().ready, circuit === 'open', now())
        const hasChanged = state !== one.state
        if (hasChanged) Object.assign(one, { state, since: clock.now() })
        const isWanted = state === 'down' || health.isDoubted(channel)
        if (!hasChanged && !(isWanted && now() - one.saidAt >= repeatEveryMs)) continue
        one.saidAt = now()
        const report = { channel, state, since: Math.max(0, one.since), reported_at: Math.max(0, clock.now()) }
        health.report(report).catch((error: unknown) => {
          log.debug({ err: error, channel }, 'how the channel is was not told; it is told again')
          one.saidAt = Number.NEGATIVE_INFINITY
        })
      }
    },
  }
}
