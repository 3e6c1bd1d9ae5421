import type { Command } from '../records/types.ts'
import type { Channel } from '../topology.ts'

type Purpose = Command['purpose']

/** What a pause holds; null: any. */
export interface Scope {
  readonly channel: Channel | null
  readonly purpose: Purpose | null
  readonly campaign: string | null
}

/** Something that is about to be said to somebody. */
export interface Outreach {
  readonly channel: Channel
  readonly purpose: Purpose
  /** By which names a pause may call its campaign. */
  readonly campaigns: readonly string[]
}

/**
 * Whether a pause of the scope holds the outreach. What the law asks for is held by name only: by its purpose, or together
 * with everything; who pauses a channel or a campaign hardly thinks of it.
 */
export function isHeldBy(scope: Scope, { channel, purpose, campaigns }: Outreach): boolean {
  if (scope.channel !== null && scope.channel !== channel) return false
  if (scope.purpose !== null && scope.purpose !== purpose) return false
  if (scope.campaign !== null && !campaigns.includes(scope.campaign)) return false
  return purpose !== 'regulatory' || scope.purpose !== null || isEverything(scope)
}

const isEverything = ({ channel, purpose, campaign }: Scope): boolean =>
  channel === null && purpose === null && campaign === null

export const isSameScope = (a: Scope, b: Scope): boolean =>
  a.channel === b.channel && a.purpose === b.purpose && a.campaign === b.campaign

/** `channel sms, purpose marketing`; `everything`. */
export function scopeText(scope: Scope): string {
  const { channel, purpose, campaign } = scope
  const parts = Object.entries({ channel, purpose, campaign }).flatMap(([name, value]) =>
    value === null ? [] : [`${name} ${value}`],
  )
  return parts.length === 0 ? 'everything' : parts.join(', ')
}
