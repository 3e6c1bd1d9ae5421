import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhenResult } from 'cockatiel'
import { type Log, notSent, type Outcome } from './channel.ts'

export interface CircuitSettings {
  /** So many sends in a row without an answer, or with the provider in trouble, open the circuit; 1 or more. */
  readonly failures: number
  /** An open circuit lets one send through after this, and after each that failed so. */
  readonly halfOpenAfterMs: number
}

export const circuitStates = ['closed', 'half-open', 'open'] as const
/** closed: all go. open: none goes. half-open: one goes, or has gone and hasn't answered, to see how the provider is. */
export type CircuitStateName = (typeof circuitStates)[number]

/** Keeps what is sent away from a provider that is in trouble. */
export interface Circuit {
  /** "Not sent" at once while the circuit is open, or half-open and tried by another. Rejects as `send` does. */
  run(send: () => Promise<Outcome>): Promise<Outcome>
  /** Of `width` messages, how many may be on their way: all, one to try it with, or none. */
  width(width: number): number
  state(): CircuitStateName
}

/** @param now milliseconds that pass as those of the wall do */
export function createCircuit(
  { failures, halfOpenAfterMs }: CircuitSettings,
  provider: string,
  log: Log,
  now = () => Date.now(),
): Circuit {
  const policy = circuitBreaker(
    handleWhenResult((result) => isTrouble(result as Outcome, policy.state)),
    { breaker: new ConsecutiveBreaker(failures), halfOpenAfter: halfOpenAfterMs },
  )
  let openedAt = 0
  policy.onBreak(() => {
    openedAt = now()
    log.warn(
      { provider, code: 'KM_CHANNEL_DOWN' },
      'the channel does not answer: its circuit is open, what is to leave waits',
    )
  })
  policy.onHalfOpen(() => log.info({ provider }, 'the channel is tried with one message'))
  policy.onReset(() => log.info({ provider }, 'the channel answers again: its circuit is closed'))

  const isTried = () => policy.state === CircuitState.HalfOpen
  const isDue = () => policy.state === CircuitState.Open && now() - openedAt >= halfOpenAfterMs

  return {
    async run(send) {
      // It would wait for the one that tries it, and may be paused or late by then.
      if (isTried()) return down
      try {
        return await policy.execute(send)
      } catch (error) {
        if (error instanceof BrokenCircuitError) return down
        throw error
      }
    },

    width(width) {
      if (policy.state === CircuitState.Closed) return width
      return isDue() || isTried() ? 1 : 0
    },

    state() {
      if (policy.state === CircuitState.Closed) return 'closed'
      return isDue() || isTried() ? 'half-open' : 'open'
    },
  }
}

const down = notSent('channel-down')

/** One that tries a circuit must have heard of the provider: that it was given up for another reason proves nothing. */
function isTrouble(outcome: Outcome, state: CircuitState): boolean {
  if (outcome.kind === 'accepted' || outcome.kind === 'refused') return false
  return troubles.has(outcome.code) || (state === CircuitState.HalfOpen && outcome.code !== 'throttled')
}
const troubles: ReadonlySet<string> = new Set([
  'no-answer',
  'connection-lost',
  'provider-trouble',
  'channel-down',
  'bad-answer',
])
