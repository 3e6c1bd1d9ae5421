import type { CommandAwaits } from '../records/types.ts'
import type { Channel } from '../topology.ts'

/** A command to which answers are awaited, or what the holdout kept from becoming one. */
export interface Awaited extends CommandAwaits {
  /** Of what was kept back: as it would have been. */
  readonly command_id: string
  readonly subscriber_id: string
  readonly issued_at: number
  readonly rule: string
  readonly offer: string | null
  readonly category: string | null
  readonly campaign: string | null
  readonly variant: string | null
  readonly channel: Channel
  /** Outcomes that are on the log, or on their way there. */
  readonly told: readonly string[]
}

/** Of the state's schema. */
export const awaitedFields = {
  command_id: 'string',
  subscriber_id: 'string',
  issued_at: 'long',
  until: 'long',
  rule: 'string',
  channel: 'string',
  offer: ['null', 'string'],
  category: ['null', 'string'],
  campaign: ['null', 'string'],
  variant: ['null', 'string'],
  product: ['null', 'string'],
  segment: ['null', 'string'],
  segments: { type: 'map', values: 'string' },
  experiment: ['null', 'string'],
  learn: 'boolean',
  half_life_ms: ['null', 'long'],
  told: { type: 'array', items: 'string' },
  compared_as: ['null', 'string'],
} as const
