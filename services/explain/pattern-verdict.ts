import type { PatternProgress } from '../rules/engine/patterns/progress.ts'
import type { PatternStep, PatternTrigger } from '../rules/ruleset.ts'
import { lengthText } from './clock-text.ts'
import { matchWords } from './factor-words.ts'
import type { RuleCase } from './rule-case.ts'
import type { Sentences } from './sentences.ts'

/** Which step a pattern stands at, what cancelled it, which deadline waits. */
export function patternReasons(
  trigger: PatternTrigger,
  progress: PatternProgress | undefined,
  { when, say }: Pick<RuleCase, 'when' | 'say'>,
): { readonly outcome: 'quiet' | 'waiting'; readonly reasons: readonly string[] } {
  const { steps } = trigger
  const [armed] = progress?.waiting ?? []
  const absence = steps.at(-1)
  if (armed && absence?.kind === 'absence') {
    const noticed = armed.due > armed.deadline ? say.noticedAt(when(armed.due)) : ''
    const reasons = [
      say.mustStayAway(matchesWords(absence, say), when(armed.deadline), noticed),
      say.armedBy(armed.event_id, when(armed.last)),
    ]
    return { outcome: 'waiting', reasons }
  }
  const met = new Map(progress?.steps.map((step) => [step.name, step.met]))
  const events = steps.filter((step) => step.kind === 'event')
  const missing = events.findIndex(({ name, times }) => (met.get(name)?.length ?? 0) < times)
  const said: string[] = []
  if (progress?.cancelled) {
    const { by, at } = progress.cancelled
    said.push(say.cancelledBy(when(at), by))
  }
  const step = events[missing]
  if (step) {
    const times = met.get(step.name) ?? []
    const count = step.times > 1 ? say.timesOf(times.length, step.times) : ''
    said.push(say.stepNotMet(missing + 1, events.length, step.name, matchesWords(step, say), count))
    const before = events.slice(0, missing + 1).flatMap(({ name }) => {
      const at = met.get(name) ?? []
      return at.length > 0 ? [say.stepMet(name, say.list(at.map(when)))] : []
    })
    const [first] = met.get(events[0]?.name ?? '') ?? []
    if (first !== undefined && trigger.within !== undefined) {
      before.push(say.within(when(first + trigger.within), lengthText(trigger.within)))
    }
    said.push(...before)
  } else said.push(absence?.kind === 'absence' ? say.noChain(matchesWords(absence, say)) : say.stepsMet)
  return { outcome: 'quiet', reasons: said }
}

const matchesWords = ({ any }: PatternStep, say: Sentences): string =>
  say.orEach(any.map((match) => matchWords(match, say)))
