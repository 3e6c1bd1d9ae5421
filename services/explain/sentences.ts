import { chinese } from './sentences/chinese.ts'
import { english } from './sentences/english.ts'

/** ISO 639-1. */
export type Language = 'en' | 'zh'
export const languages: readonly Language[] = ['en', 'zh']

/** All that explain says, in one language. */
export type Sentences = typeof english & { readonly language: Language }

export const sentences: Readonly<Record<Language, Sentences>> = {
  en: { ...english, language: 'en' },
  zh: { ...chinese, language: 'zh' },
}

/** A title or a meaning: English where there is no other. */
export const inLanguage = (text: { readonly en: string; readonly zh?: string }, language: Language): string =>
  text[language] ?? text.en
