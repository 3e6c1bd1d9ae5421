import type { Offer } from '../rules/catalogue.ts'

export interface Message {
  readonly text: string
  /** Of the text: ISO 639-1. */
  readonly language: string
}

/** The offer's text in the subscriber's language (`pt-BR` reads `pt`), else in the policy's, else in English. */
export function messageOf(offer: Offer, language: string | undefined, defaultLanguage: string): Message {
  for (const wanted of [language, language?.split('-')[0], defaultLanguage]) {
    const text = wanted !== undefined && Object.hasOwn(offer.message, wanted) ? offer.message[wanted] : undefined
    if (wanted !== undefined && text !== undefined) return { text, language: wanted }
  }
  return { text: offer.message.en, language: 'en' }
}
