import type { Offer, Policy } from './catalogue.ts'
import type { Problem } from './problem.ts'
import type { RawOffer, RawPolicy } from './raw.ts'
import type { SourceNode } from './source.ts'
import { createSubject, day, type Subject, second } from './subject.ts'

/** How the catalogue learns from what subscribers do. Lengths in milliseconds. */
export interface LearningPolicy {
  /** Offers with a strength learn. */
  readonly learn: boolean
  /** Part of the moments (0..1) whose offers are weighed by a sample of what is known rather than by its mean. */
  readonly explore: number
  /** What was learned so long ago counts half; undefined: it always counts. */
  readonly halfLife?: number
}

/** Of offers for which nothing else is said. */
export const usualAnswerWithin = 7 * day

const windows = { least: 60 * second, most: 92 * day }
const halfLives = { least: day, most: 3 * 366 * day }

/** How the policy learns, and how long answers are awaited. */
export function checkLearning(raw: RawPolicy, subject: Subject): Pick<Policy, 'learning' | 'answerWithin'> {
  const { learning, answer_within } = raw
  if (learning?.learn === false) {
    for (const key of ['explore', 'half_life'] as const) {
      if (learning[key] === undefined) continue
      const message = `with learn: false nothing is learned, so that '${key}' says nothing; leave one of them out`
      subject.fault('KM_POLICY_LEARNING', message, ['learning', key])
    }
  }
  return {
    ...(learning && { learning: learningOf(learning, subject) }),
    ...(answer_within !== undefined && { answerWithin: subject.duration(answer_within, ['answer_within'], windows) }),
  }
}

function learningOf(raw: NonNullable<RawPolicy['learning']>, subject: Subject): LearningPolicy {
  const { learn = true, explore = 0, half_life } = raw
  if (half_life === undefined) return { learn, explore }
  return { learn, explore, halfLife: subject.duration(half_life, ['learning', 'half_life'], halfLives) }
}

/** For how long answers to an offer are awaited, where it says so itself. */
export const answerWithinOf = ({ answer_within }: RawOffer, subject: Subject): Pick<Offer, 'answerWithin'> =>
  answer_within === undefined ? {} : { answerWithin: subject.duration(answer_within, ['answer_within'], windows) }

/** Says where the policy explores and no offer learns. Asked when all offers are without fault. */
export function checkExploration(
  nodes: readonly SourceNode[],
  policy: Policy,
  offers: readonly Offer[],
  problems: Problem[],
): void {
  const [node] = nodes
  if (!node || (policy.learning?.explore ?? 0) === 0) return
  const learns = offers.some(({ acceptance }) => typeof acceptance === 'object' && acceptance.strength !== undefined)
  if (learns) return
  const message =
    "no offer learns, so that there is nothing to explore; give one's acceptance a strength, e.g. { prior: 0.05, strength: 200 }, or leave this out"
  createSubject(node, problems).fault('KM_POLICY_LEARNING', message, ['learning', 'explore'])
}
