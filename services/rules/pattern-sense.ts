import type { EventType } from '../topology.ts'
import { contentOf } from './content.ts'
import { implies } from './demands.ts'
import type { Expression } from './expression.ts'
import type { RawRule } from './raw.ts'
import type { EventMatch, PatternTrigger } from './ruleset.ts'
import { fieldScope } from './scope.ts'
import type { Subject } from './subject.ts'

/** Whether a pattern can come to an end and ends once; what is wrong is told to the subject. */
export function checkStartsAndEnds(pattern: PatternTrigger, raw: RawRule, subject: Subject): boolean {
  return endsOnce(pattern, raw, subject) && canEnd(pattern, subject)
}

/** Several steps that one kind of event meets all: every further event would complete the pattern again. */
function endsOnce({ steps, unless }: PatternTrigger, raw: RawRule, subject: Subject): boolean {
  const events = steps.filter((step) => step.kind === 'event')
  const last = events.at(-1)
  const isOnce = raw.once !== undefined || raw.moment === 'first'
  if (!last || events.length < 2 || events.length < steps.length || unless.length > 0 || isOnce) return true
  if (!events.every((step) => covers(step.any, last.any))) return true
  const index = steps.indexOf(last)
  const message =
    'every further event of this kind completes the pattern again, without end: say how often it may fire (once: 7d), ' +
    'or what tells the steps apart'
  subject.fault('KM_PATTERN_SELF', message, ['pattern', index])
  return false
}

/** What cancels a pattern may not be one of its own events. */
function canEnd({ steps, unless }: PatternTrigger, subject: Subject): boolean {
  const fault = (message: string, path: readonly (string | number)[]) => {
    subject.fault('KM_PATTERN_NEVER', message, path)
    return false
  }
  const events = steps.filter((step) => step.kind === 'event')
  const between = events.filter((step, index) => step.times > 1 || (index > 0 && index < events.length - 1))
  const cancelled = unless.length > 0 ? between.find((step) => covers(unless, step.any)) : undefined
  if (cancelled) return fault(`unless cancels each '${cancelled.name}', so that the pattern never ends`, ['unless'])
  for (const [index, step] of steps.entries()) {
    if (step.kind !== 'absence') continue
    const before = steps[index - 1]
    if (step.fromStart && before?.kind === 'event' && covers(step.any, before.any)) {
      return fault(`from: start counts '${before.name}' itself, which is what must not come; leave from out`, [
        'pattern',
        index,
      ])
    }
  }
  return true
}

/** Whether each event that meets one of `narrow` surely meets one of `wide`: the same condition, one that is surely wider, or none. */
export function covers(wide: readonly EventMatch[], narrow: readonly EventMatch[]): boolean {
  return narrow.every(({ on, where }) =>
    on.every((type) => wide.some((each) => each.on.includes(type) && isWider(each.where, where, type))),
  )
}

function isWider(wide: Expression | undefined, narrow: Expression | undefined, type: EventType): boolean {
  if (!wide || same(wide, narrow)) return true
  return narrow !== undefined && implies(narrow, wide, fieldScope([type]))
}

const same = (a: unknown, b: unknown): boolean => contentOf(a) === contentOf(b)
