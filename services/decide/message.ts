import { linkMark } from '../domain/message-link.ts'
import type { Catalogue, MessageTexts, Offer, Policy } from '../rules/catalogue.ts'
import { withOptOut } from '../rules/templates/opt-out.ts'
import { createRenderer } from '../rules/templates/render.ts'
import type { Case, Facts } from './gates.ts'

export interface Message {
  readonly text: string
  /** Of the text: ISO 639-1. */
  readonly language: string
  /** What was put in, by variable, as it was before it was written. */
  readonly values: Facts
  /** Where the offer's link leads, on channels that report who opens it; null: on the others, and without one. */
  readonly link: string | null
}

/** Nothing can be said of the offer, and what shows it. */
export interface Unrenderable {
  readonly text?: undefined
  readonly facts: Facts
}

/** What a case is told by; a part of one that depends on nothing but the moment, the offer and the subscriber. */
export type Said = Pick<Case, 'moment' | 'channel' | 'state' | 'zone'> & { readonly offer: Offer }

/** Says the offers of a catalogue, each in the subscriber's language. Pure, as the renderer is. */
export function createMessages(catalogue: Pick<Catalogue, 'ruleset' | 'policy'>) {
  const { policy } = catalogue
  const render = createRenderer(catalogue)

  return function messageOf({ moment, channel, offer, state, zone }: Said): Message | Unrenderable {
    const { source, language } = templateOf(
      offer.channelMessages?.[channel] ?? offer.message,
      state.facts.language?.value,
      policy.defaultLanguage,
    )
    const { evidence, at } = moment
    const isTracked = tracked.has(channel)
    const linkAs = isTracked && { linkAs: linkMark }
    const rendered = render(source, { evidence, offer, at, language, zone, ...linkAs })
    if (rendered.text === undefined) return { facts: { offer: offer.id, language, lacks: rendered.lacks } }
    const { text, values } = rendered
    const about = { language, values, link: (isTracked && offer.link) || null }
    if (channel !== 'sms' || moment.purpose !== 'marketing' || !policy.optOutText) return { text, ...about }
    const optOut = optOutIn(policy.optOutText, language)
    if (optOut === undefined) return { facts: { offer: offer.id, language, lacks: 'opt_out_text' } }
    return { text: withOptOut(text, optOut), ...about }
  }
}

/** What is sent by these has its link put in when it is sent. People are told the offer's own. */
const tracked: ReadonlySet<string> = new Set(['sms', 'push'] satisfies Said['channel'][])

const optOutIn = (texts: NonNullable<Policy['optOutText']>, language: string): string | undefined =>
  Object.hasOwn(texts, language) ? texts[language] : undefined

/** Of the texts the one in the subscriber's language (`pt-BR` reads `pt`), else in the policy's, else in English. */
function templateOf(
  texts: MessageTexts,
  language: string | undefined,
  defaultLanguage: string,
): { readonly source: string; readonly language: string } {
  for (const wanted of [language, language?.split('-')[0], defaultLanguage]) {
    const source = wanted !== undefined && Object.hasOwn(texts, wanted) ? texts[wanted] : undefined
    if (wanted !== undefined && source !== undefined) return { source, language: wanted }
  }
  return { source: texts.en, language: 'en' }
}
