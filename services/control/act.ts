import { CodedError } from '../domain/errors.ts'
import { didYouMeanOneOf } from '../domain/nearest-name.ts'
import type { Pause } from './holds.ts'
import type { Control } from './open.ts'
import { isSameScope, type Scope, scopeText } from './scope.ts'

/** Who acts, and why. */
export interface Actor {
  readonly author: string
  readonly reason: string | null
}

export interface Paused {
  readonly pause: Pause
  /** It was paused already. */
  readonly unchanged: boolean
}

/** Pauses what the scope says, until it is resumed. @throws CodedError KM_LOG_UNAVAILABLE */
export async function pauseScope(control: Control, scope: Scope, actor: Actor): Promise<Paused> {
  await control.refresh()
  const known = ofScope(control, scope)[0]
  if (known) return { pause: known, unchanged: true }
  const { control_id } = await control.append({ ...actor, ...scope, action: 'pause' })
  const pause = control.ledger.pauses.find(({ id }) => id === control_id)
  // Somebody else may have resumed it within the same moment.
  if (!pause)
    throw new CodedError('KM_PAUSE_NONE', `${scopeText(scope)} was paused and resumed by somebody else at once`)
  return { pause, unchanged: false }
}

export interface Resumed {
  readonly resumed: readonly Pause[]
  /** Pauses that are still in force. */
  readonly remaining: readonly Pause[]
}

/**
 * Ends the pauses of exactly this scope, or the one of this id: what a colleague has paused for another reason stays so.
 * @throws CodedError KM_PAUSE_NONE: there is no such pause; KM_LOG_UNAVAILABLE
 */
export async function resume(control: Control, what: Scope | string, actor: Actor): Promise<Resumed> {
  await control.refresh()
  const pauses =
    typeof what === 'string' ? control.ledger.pauses.filter(({ id }) => id === what) : ofScope(control, what)
  if (pauses.length === 0) throw noPause(control, what)
  for (const { id, scope } of pauses) await control.append({ ...actor, ...scope, action: 'resume', pause_id: id })
  return { resumed: pauses, remaining: control.ledger.pauses }
}

export interface Cancelled {
  readonly id: string
  /** Commands that were issued later aren't meant. Milliseconds since 1970. */
  readonly at: number
}

/** Cancels a command, or what a campaign has commanded until now, as far as it isn't claimed. @throws CodedError KM_LOG_UNAVAILABLE */
export async function cancel(
  control: Control,
  what: { readonly command_id: string } | { readonly campaign: string },
  actor: Actor,
): Promise<Cancelled> {
  const { control_id, requested_at } = await control.append({ ...actor, ...what, action: 'cancel' })
  return { id: control_id, at: requested_at }
}

/** A pause of a mistyped campaign would hold nothing, and nobody would notice. @throws CodedError KM_CAMPAIGN_UNKNOWN */
export function checkCampaign(campaign: string | null, known: readonly string[]): void {
  if (campaign === null || known.includes(campaign)) return
  const names = [...new Set(known)]
  const message = `no campaign or rule '${campaign}' in the catalogue${didYouMeanOneOf(campaign, names)}`
  throw new CodedError('KM_CAMPAIGN_UNKNOWN', message)
}

// Of an unreadable record nobody knows the scope: it is ended by its id alone.
const ofScope = ({ ledger }: Control, scope: Scope): readonly Pause[] =>
  ledger.pauses.filter((pause) => !pause.isUnreadable && isSameScope(pause.scope, scope))

function noPause({ ledger }: Control, what: Scope | string): CodedError {
  const which =
    typeof what === 'string' ? `no pause '${what}' is in force` : `no pause of ${scopeText(what)} is in force`
  const others = ledger.pauses.map(({ id, scope }) => `${scopeText(scope)} (${id})`)
  const rest = others.length === 0 ? 'nothing is paused' : `in force: ${others.join('; ')}`
  return new CodedError('KM_PAUSE_NONE', `${which}; ${rest}`)
}
