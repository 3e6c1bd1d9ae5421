import type { PatternProgress } from '../rules/engine/patterns/progress.ts'
import type { PatternStep, PatternTrigger } from '../rules/ruleset.ts'
import { lengthText } from './clock-text.ts'
import { matchWords } from './factor-words.ts'
import type { RuleCase } from './rule-case.ts'

/** Which step a pattern stands at, what cancelled it, which deadline waits. */
export function patternReasons(
  trigger: PatternTrigger,
  progress: PatternProgress | undefined,
  { when }: Pick<RuleCase, 'when'>,
): { readonly outcome: 'quiet' | 'waiting'; readonly reasons: readonly string[] } {
  const { steps } = trigger
  const [armed] = progress?.waiting ?? []
  const absence = steps.at(-1)
  if (armed && absence?.kind === 'absence') {
    const noticed = armed.due > armed.deadline ? `, noticed when the grace has passed, at ${when(armed.due)}` : ''
    const reasons = [
      `${matchesWords(absence)} must stay away until ${when(armed.deadline)}${noticed}`,
      `armed by event ${armed.event_id} of ${when(armed.last)}`,
    ]
    return { outcome: 'waiting', reasons }
  }
  const met = new Map(progress?.steps.map((step) => [step.name, step.met]))
  const events = steps.filter((step) => step.kind === 'event')
  const missing = events.findIndex(({ name, times }) => (met.get(name)?.length ?? 0) < times)
  const said: string[] = []
  if (progress?.cancelled) {
    const { by, at } = progress.cancelled
    said.push(`an event of ${when(at)} cancels it (${by === 'unless' ? 'unless' : 'what must stay away came'})`)
  }
  const step = events[missing]
  if (step) {
    const times = met.get(step.name) ?? []
    const count = step.times > 1 ? `, ${times.length} of ${step.times} times` : ''
    said.push(`step ${missing + 1} of ${events.length}, '${step.name}' (${matchesWords(step)}), is not met yet${count}`)
    const before = events.slice(0, missing + 1).flatMap(({ name }) => {
      const at = met.get(name) ?? []
      return at.length > 0 ? [`'${name}' was met at ${at.map(when).join(', ')}`] : []
    })
    const [first] = met.get(events[0]?.name ?? '') ?? []
    if (first !== undefined && trigger.within !== undefined) {
      before.push(`all must come before ${when(first + trigger.within)} (within ${lengthText(trigger.within)})`)
    }
    said.push(...before)
  } else if (absence?.kind === 'absence')
    said.push(`no chain waits any more: ${matchesWords(absence)} came in time, or the deadline has passed`)
  else said.push('its steps are met, and it fires with the next event that completes them')
  return { outcome: 'quiet', reasons: said }
}

const matchesWords = ({ any }: PatternStep): string => any.map(matchWords).join(', or ')
