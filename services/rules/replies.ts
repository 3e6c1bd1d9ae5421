import { optOutAlways, plainWords, type ReplyMeaning } from '../domain/reply-words.ts'
import type { Policy } from './catalogue.ts'
import type { RawReplies } from './raw.ts'
import type { Subject } from './subject.ts'

const meanings = [
  ['opt_out', 'opted-out'],
  ['refuse', 'refused'],
  ['accept', 'accepted'],
] as const satisfies readonly (readonly [keyof RawReplies, ReplyMeaning])[]

/** What replies mean. A word means the same in every language: nobody knows in which one a reply is written. */
export function checkReplies(raw: Readonly<Record<string, RawReplies>>, subject: Subject): Policy['replies'] {
  const known = new Map<string, ReplyMeaning>(optOutAlways.map((word) => [word, 'opted-out']))
  for (const [language, replies] of Object.entries(raw)) {
    for (const [key, meaning] of meanings) {
      replies[key]?.forEach((text, index) => {
        const path = ['replies', language, key, index]
        const word = plainWords(text)
        const other = known.get(word)
        if (word === '') {
          const message = `'${text}' has neither a letter nor a digit, so that no reply is compared with it; leave it out`
          subject.fault('KM_CATALOGUE_VALUE', message, path)
        } else if (other !== undefined && other !== meaning) {
          const message = `'${text}' would mean both ${other} and ${meaning}, whatever the language; keep one`
          subject.fault('KM_CATALOGUE_VALUE', message, path)
        } else known.set(word, meaning)
      })
    }
  }
  const wordsOf = (meaning: ReplyMeaning) => [...known].flatMap(([word, means]) => (means === meaning ? [word] : []))
  return { 'opted-out': wordsOf('opted-out'), refused: wordsOf('refused'), accepted: wordsOf('accepted') }
}
