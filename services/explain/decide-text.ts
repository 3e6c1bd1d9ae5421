import type { DecideView } from './decide-view.ts'
import type { Sentences } from './sentences.ts'

/** What decide knows, for people. `when`: an ISO time on the subscriber's wall clock. */
export function decideLines(view: DecideView, when: (iso: string) => string, say: Sentences): readonly string[] {
  const granted = view.consent.filter(({ granted: isGranted }) => isGranted)
  const refused = view.consent.filter(({ granted: isGranted }) => !isGranted)
  return [
    ...(view.identity_ended_at === null ? [] : [say.theIdentityEnded(when(view.identity_ended_at))]),
    ...[...granted, ...refused].map((one) => say.consent(one.granted, one.for, when(one.in_force_from), one.ref)),
    ...(granted.length === 0 ? [say.noConsent] : []),
    ...(view.products.length > 0 ? [say.hasProducts(say.list(view.products))] : []),
    ...(view.contract_end === null ? [] : [say.boundUntil(view.contract_end)]),
    ...blockLines(view, when, say),
    ...view.intervals.map(({ code, rule, key, since, until, channels, purposes }) => {
      const by = key === '' ? rule : `${rule} ${key}`
      return say.openInterval(code, by, when(since), when(until), say.list([...channels, ...purposes]))
    }),
    ...view.caps.map(({ id, purposes, channels, categories, count, most, reached, until }) => {
      const full = reached ? say.capReached(until === null ? undefined : when(until)) : ''
      return say.cap(id, say.list([...purposes, ...channels, ...categories]), count, most) + full
    }),
    ...view.gaps.map(({ purpose, length, last, until }) => say.gap(length, purpose, when(last), when(until))),
    ...view.touches.map(({ at, purpose, channel, state, command_id }) => {
      return say.touch(when(at), purpose, channel, state, command_id)
    }),
    ...view.answers.map(({ at, refused, rule, offer }) => say.answered(refused, when(at), offer, rule)),
    ...view.deferred.map(({ moment_id, rule, until, held_since, paused_by, competes }) => {
      if (held_since !== null) return say.waitsToHear(when(held_since), rule, moment_id)
      if (competes) return say.competesUntil(when(until), rule, moment_id)
      return paused_by === null
        ? say.waitsUntil(when(until), rule, moment_id)
        : say.waitsForResume(paused_by, rule, moment_id)
    }),
    ...view.losers.map(({ moment_id, rule, lost_to }) => say.lostTo(lost_to, rule, moment_id)),
    ...view.withdrawn.map((command) => say.takenBack(command)),
    ...view.contacts.map(({ rule, at }) => say.contacted(rule, when(at))),
  ]
}

function blockLines(
  { preferences, register }: DecideView,
  when: (iso: string) => string,
  say: Sentences,
): readonly string[] {
  const blocked = preferences
    ? preferences.blocks.map((block) => say.blocked(block, when(preferences.in_force_from), preferences.ref))
    : []
  return [...blocked, ...(register ? [say.register(register.listed, when(register.checked_at), register.ref)] : [])]
}
