import { createRandom, type Random } from '../../services/sample/random.ts'

/** How often something goes wrong with a call. */
const shares = {
  'append-refused': 0.01,
  'append-unanswered': 0.01,
  'append-torn': 0.02,
  'append-slow': 0.02,
  'read-failed': 0.01,
  'read-slow': 0.02,
  'commit-refused': 0.004,
  'commit-unanswered': 0.004,
  'commit-slow': 0.02,
  'claim-failed': 0.02,
  'load-failed': 0.01,
  'delivery-slow': 0.02,
  'sms-throttled': 0.1,
  'sms-refused': 0.03,
  'sms-lost-before': 0.05,
  'sms-dropped-after-submit': 0.1,
  'sms-late': 0.1,
  'sms-queued': 0.1,
} as const
export type FaultKind = keyof typeof shares

/** What happens to the system now and then, beside what goes wrong with a call: how many of each in a day. */
export const incidents = {
  killed: 4,
  'killed-and-slow-to-return': 1,
  'service-down': 0.5,
  paused: 4,
  'claimed-twice': 3,
  rebalanced: 4,
  'clock-jumped': 3,
  'log-away': 1,
  'store-lost-a-second': 1.5,
  'store-went-back': 0.4,
} as const
export type Incident = keyof typeof incidents

/** Decides by the seed what goes wrong, and counts it. */
export class Chaos {
  readonly random: Random
  readonly counts: Record<string, number> = {}
  isOn: boolean
  /** The log takes nothing. */
  isLogAway = false

  constructor(seed: number, isOn: boolean) {
    this.random = createRandom(seed, 2)
    this.isOn = isOn
  }

  strikes(kind: FaultKind): boolean {
    if (kind === 'append-refused' && this.isLogAway) return true
    if (!this.isOn || !this.random.chance(shares[kind])) return false
    this.count(kind)
    return true
  }

  count(what: FaultKind | Incident): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }
}
