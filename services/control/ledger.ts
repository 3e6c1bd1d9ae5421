import { dayMs } from '../domain/time-zones.ts'
import type { ControlRecord } from '../records/types.ts'
import type { Cancellable, Pause } from './holds.ts'
import { isHeldBy, type Outreach, type Scope } from './scope.ts'

/**
 * Everything that was paused, resumed and cancelled. Records stand by themselves: a resume names the pause that it ends, so
 * that the order in which they are read (several shards, a copy of the log) changes nothing.
 */
export interface Ledger {
  take(record: ControlRecord): void
  /** A record that can't be read: until somebody lifts it by this id, it stands for what it may say. */
  takeUnreadable(id: string, at: number): void
  /** Those in force, the first one first. */
  readonly pauses: readonly Pause[]
  /** All acts, the last one first. */
  readonly history: readonly ControlRecord[]
  pauseOf(outreach: Outreach): Pause | undefined
  isInForce(pauseId: string): boolean
  isCancelled(command: Cancellable): boolean
  /** The act that cancelled the command; undefined: none did. */
  cancellationOf(command: Cancellable): ControlRecord | undefined
  /** When a variant of this edition of a campaign was stopped, and why; undefined: it wasn't. */
  stopOf(experiment: string, variant: string): Stopped | undefined
}

export interface Stopped {
  /** Milliseconds since 1970. */
  readonly since: number
  readonly reason: string
}

/** No command may leave longer than this behind its issue: no moment lives longer than a week. */
const cancelledMs = 8 * dayMs

const unreadableScopes = (['marketing', 'care'] as const).map(
  (purpose): Scope => ({ channel: null, purpose, campaign: null }),
)

/** `now`: the engine's time; cancellations whose commands can't leave any more are forgotten by it. */
export function createLedger(now: () => number): Ledger {
  const acts = new Map<string, ControlRecord>()
  const begun = new Map<string, Pause>()
  const ended = new Set<string>()
  /** What cancelled them, by id of command and by campaign. */
  const commands = new Map<string, ControlRecord>()
  const campaigns = new Map<string, ControlRecord>()
  /** By edition and variant; the first one tells. */
  const stops = new Map<string, Stopped>()
  let pauses: readonly Pause[] = []

  function settle(): void {
    pauses = [...begun.values()]
      .filter(({ id }) => !ended.has(id))
      .sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1))
    const before = now() - cancelledMs
    for (const cancelled of [commands, campaigns]) {
      for (const [name, { requested_at }] of cancelled) if (requested_at < before) cancelled.delete(name)
    }
  }

  function cancel(record: ControlRecord): void {
    const { command_id, campaign, requested_at } = record
    if (command_id != null) commands.set(command_id, record)
    else if (campaign != null && requested_at >= (campaigns.get(campaign)?.requested_at ?? 0)) {
      campaigns.set(campaign, record)
    }
  }

  function cancellationOf({ id, campaigns: names, issued_at }: Cancellable): ControlRecord | undefined {
    const own = names.flatMap((name) => campaigns.get(name) ?? [])
    return commands.get(id) ?? own.find(({ requested_at }) => issued_at <= requested_at)
  }

  function stop({ experiment, variant, requested_at: since, reason }: ControlRecord): void {
    if (experiment == null || variant == null) return
    const key = stopKey(experiment, variant)
    const known = stops.get(key)
    if (!known || since < known.since) stops.set(key, { since, reason: reason ?? '' })
  }

  return {
    take(record) {
      const { control_id: id, requested_at: since, action, pause_id, author, reason = null } = record
      // An append whose answer was lost is there twice.
      if (acts.has(id)) return
      acts.set(id, record)
      if (action === 'pause') begun.set(id, { id, scope: scopeOf(record), since, author, reason, isUnreadable: false })
      else if (action === 'resume' && pause_id != null) ended.add(pause_id)
      else if (action === 'cancel') cancel(record)
      else if (action === 'stop') stop(record)
      settle()
    },
    takeUnreadable(id, since) {
      const scope = { channel: null, purpose: null, campaign: null }
      const reason = 'a record that this release cannot read: marketing and care are held'
      begun.set(id, { id, scope, since, author: 'unknown', reason, isUnreadable: true })
      settle()
    },
    get pauses() {
      return pauses
    },
    get history() {
      return [...acts.values()].sort(
        (a, b) => b.requested_at - a.requested_at || (a.control_id < b.control_id ? 1 : -1),
      )
    },
    pauseOf: (outreach) => pauses.find((pause) => scopesOf(pause).some((scope) => isHeldBy(scope, outreach))),
    isInForce: (pauseId) => pauses.some(({ id }) => id === pauseId),
    stopOf: (experiment, variant) => stops.get(stopKey(experiment, variant)),
    isCancelled: (command) => cancellationOf(command) !== undefined,
    cancellationOf,
  }
}

const stopKey = (experiment: string, variant: string): string => `${experiment} ${variant}`

const scopeOf = ({ channel = null, purpose = null, campaign = null }: ControlRecord): Scope => ({
  channel,
  purpose,
  campaign,
})

const scopesOf = ({ scope, isUnreadable }: Pause): readonly Scope[] => (isUnreadable ? unreadableScopes : [scope])
