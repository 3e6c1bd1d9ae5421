import type { DecideView } from './decide-view.ts'

/** What decide knows, for people. `when`: an ISO time on the subscriber's wall clock. */
export function decideLines(view: DecideView, when: (iso: string) => string): readonly string[] {
  const granted = view.consent.filter(({ granted: isGranted }) => isGranted)
  const refused = view.consent.filter(({ granted: isGranted }) => !isGranted)
  return [
    ...(view.identity_ended_at === null ? [] : [`the identity ended at ${when(view.identity_ended_at)}`]),
    ...granted.map((one) => `consent granted: ${one.for} from ${when(one.in_force_from)} (${one.ref})`),
    ...refused.map((one) => `consent refused: ${one.for} (${one.ref})`),
    ...(granted.length === 0 ? ['no consent is granted: what needs one is held back'] : []),
    ...view.intervals.map(({ code, rule, key, since, until, channels, purposes }) => {
      const what = [...channels, ...purposes].join(', ')
      return `open: ${code} by ${rule}${key === '' ? '' : ` ${key}`} since ${when(since)}, until ${when(until)} at the latest${what === '' ? '' : ` (${what})`}`
    }),
    ...view.caps.map(({ id, purposes, count, most, reached, until }) => {
      const full = reached ? `, reached${until === null ? '' : ` until ${when(until)}`}` : ''
      return `cap ${id} (${purposes.join(', ')}): ${count} of ${most}${full}`
    }),
    ...view.gaps.map(({ purpose, length, last, until }) => {
      return `gap of ${length} for ${purpose}: last touch ${when(last)}, over at ${when(until)}`
    }),
    ...view.touches.map(({ at, purpose, channel, state, command_id }) => {
      return `touch ${when(at)}: ${purpose} by ${channel}, ${state} (${command_id})`
    }),
    ...view.deferred.map(
      ({ moment_id, rule, until }) => `waits until ${when(until)}: ${rule ?? 'a moment'} (${moment_id})`,
    ),
    ...view.contacts.map(({ rule, at }) => `contacted for ${rule} of ${when(at)}`),
  ]
}
