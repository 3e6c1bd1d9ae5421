import type { Offer, Policy } from '../catalogue.ts'
import { isFit, type Kind, type Value } from './values.ts'

/** What a text is said about. */
export interface Subject {
  /** Values of the moment's evidence, by factor. */
  readonly evidence: Readonly<Record<string, unknown>>
  readonly offer: Pick<Offer, 'title' | 'price' | 'link'>
  /** Of the moment, in milliseconds since 1970. */
  readonly at: number
  /** Of the text: ISO 639-1. */
  readonly language: string
}

/** The variables beside evidence and `policy.NAME`: what they are, and what they mean. */
export const ownVariables = {
  'offer.title': { kind: 'text', meaning: "the offer's title, in the text's language or in English" },
  'offer.price': { kind: 'int', meaning: "the offer's price, in minor units" },
  'offer.link': { kind: 'text', meaning: "the offer's link, as one that reports who opened it: [links](links.md)" },
  'moment.at': { kind: 'time', meaning: 'when the moment was, by its event' },
  'message.language': { kind: 'text', meaning: 'the language of the text: `en`, `zh`' },
} as const satisfies Readonly<Record<string, { readonly kind: Kind; readonly meaning: string }>>
export type OwnVariable = keyof typeof ownVariables

export const isOwn = (name: string): name is OwnVariable => Object.hasOwn(ownVariables, name)

/** The name behind `policy.`; undefined: it is another variable. */
export const policyName = (name: string): string | undefined =>
  name.startsWith('policy.') ? name.slice('policy.'.length) : undefined

export function ownValue(name: OwnVariable, { offer, at, language }: Subject): Value {
  switch (name) {
    case 'offer.title': {
      const title = titleIn(offer, language)
      return isFit(title) ? title : null
    }
    case 'offer.price':
      return offer.price ?? null
    case 'offer.link':
      return offer.link ?? null
    case 'moment.at':
      return at
    case 'message.language':
      return language
  }
}

const titleIn = ({ title }: Subject['offer'], language: string): string =>
  (language === 'zh' ? title.zh : undefined) ?? title.en

/** A text of the policy's `variables`; null: it has none of that name, or not in this language. */
export function policyValue({ variables }: Pick<Policy, 'variables'>, name: string, language: string): Value {
  const text = variables && Object.hasOwn(variables, name) ? variables[name] : undefined
  if (text === undefined || typeof text === 'string') return text ?? null
  return Object.hasOwn(text, language) ? (text[language] ?? null) : null
}
