import type { Briefing, Command, Recommended } from '../records/types.ts'
import type { Catalogue, Offer } from '../rules/catalogue.ts'
import type { Case } from './gates.ts'
import { liveCall } from './live-call.ts'
import type { Message, Said, Unrenderable } from './message.ts'
import { isSayable, type Option } from './options.ts'
import { createTasks, inLanguage } from './task-of.ts'

/** What a command says to the person who carries it out. */
export interface ForPeople extends Required<Pick<Command, 'task' | 'prompt'>> {
  readonly briefing: Briefing
  /** When it counts as not done. */
  readonly endsAt: number
}

const recommendedMost = 5

/** Makes what people are told under a catalogue. */
export function createForPeople(catalogue: Catalogue, messageOf: (said: Said) => Message | Unrenderable) {
  const taskOf = createTasks(catalogue)
  const titles = new Map(catalogue.ruleset.rules.map(({ id, title }) => [id, title]))

  /** undefined: the channel is none of people, or there is nobody to do it. */
  return function forPeople(subject: Case, message: Message, options: readonly Option[]): ForPeople | undefined {
    const { channel, state, now, moment } = subject
    if (channel !== 'task' && channel !== 'desk') return undefined
    const briefing = briefingOf(subject, message, options)
    if (channel === 'desk') {
      const call = liveCall(state.intervals, now)
      if (!call) return undefined
      const ends_at = Math.min(call.until, moment.expires_at)
      return { task: null, prompt: { call_id: call.key, ends_at }, briefing, endsAt: ends_at }
    }
    const task = taskOf(subject, message.language)
    return task && { task, prompt: null, briefing, endsAt: task.closes_at }
  }

  function briefingOf(subject: Case, { language }: Message, options: readonly Option[]): Briefing {
    const { rule, at: happened_at, evidence, segments } = subject.moment
    const title = titles.get(rule)
    const happened = title ? (inLanguage({ ...title }, language) ?? title.en) : rule
    return { happened, happened_at, evidence, segments, recommended: recommendedOf(subject, options) }
  }

  /** Solve first, then recommend: what helps comes before what is sold, each in the order of preference. */
  function recommendedOf({ channel }: Case, options: readonly Option[]): readonly Recommended[] {
    const told = options.flatMap((option) => {
      const { offer } = option.subject
      if (!offer || option.subject.channel !== channel || !isSayable(option)) return []
      const message = messageOf({ ...option.subject, offer })
      return message.text === undefined ? [] : [recommendedIn(message, offer, option.score)]
    })
    const [repairs, sales] = [told.filter(isRepair), told.filter((one) => !isRepair(one))]
    return [...repairs, ...sales].slice(0, recommendedMost)
  }
}

const isRepair = ({ step }: Recommended): boolean => step === 'repair'

function recommendedIn({ text, language }: Message, { id, title, kind }: Offer, score: number | null): Recommended {
  const isHelp = kind === 'service-action'
  return {
    offer: id,
    title: inLanguage({ ...title }, language) ?? title.en,
    step: isHelp ? 'repair' : 'recommend',
    text,
    why: isHelp ? 'repair' : score === null ? 'listed' : 'worth',
    score,
  }
}
