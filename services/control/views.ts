import type { ControlRecord } from '../records/types.ts'
import type { Pause } from './holds.ts'
import { scopeText } from './scope.ts'

/** A pause as it is shown. */
export interface PauseView {
  readonly id: string
  /** What it holds, in words. */
  readonly holds: string
  readonly channel: string | null
  readonly purpose: string | null
  readonly campaign: string | null
  /** ISO-8601. */
  readonly since: string
  readonly author: string
  readonly reason: string | null
}

export const pauseView = ({ id, scope, since, author, reason, isUnreadable }: Pause): PauseView => {
  const { channel, purpose, campaign } = scope
  const holds = isUnreadable ? 'purposes marketing and care' : scopeText(scope)
  return { id, holds, channel, purpose, campaign, since: iso(since), author, reason }
}

/** What an operator did: a line of the audit. */
export interface ActView {
  readonly id: string
  readonly at: string
  readonly action: 'pause' | 'resume' | 'cancel' | 'stop'
  /** What it was done to, in words. */
  readonly what: string
  /** Of resume: the pause that ended. */
  readonly pause_id: string | null
  readonly author: string
  readonly reason: string | null
}

export function actView(record: ControlRecord): ActView {
  const { control_id: id, requested_at, action, pause_id = null, command_id, author, reason = null } = record
  const { channel = null, purpose = null, campaign = null } = record
  const what =
    record.variant != null
      ? `variant ${record.variant} of campaign ${campaign}`
      : command_id == null
        ? scopeText({ channel, purpose, campaign })
        : `command ${command_id}`
  return { id, at: iso(requested_at), action, what, pause_id, author, reason }
}

export const iso = (time: number): string => new Date(time).toISOString()
