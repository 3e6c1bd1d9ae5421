/** What a reply can mean, in the words of outcomes. */
export type ReplyMeaning = 'opted-out' | 'refused' | 'accepted'

/**
 * Opt-outs wherever Keymoment runs, whatever a catalogue forgets: STOP is what carriers and regulators ask for (CTIA's Messaging
 * Principles, 5.1.3), TD and 退订 are the same in China.
 */
export const optOutAlways: readonly string[] = ['stop', 'stopall', 'unsubscribe', 'td', '退订']

/** What replies mean, as `plainWords` gives them. */
export type ReplyWords = Readonly<Record<ReplyMeaning, readonly string[]>>

export const optOutsAlone: ReplyWords = { 'opted-out': optOutAlways, refused: [], accepted: [] }

/** Scripts that put no space between words. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u

/**
 * A text as it is compared: letters, digits, `*` and `#` in small letters and of one width, everything else one space. `Stop!!`,
 * ` ＳＴＯＰ` and `"stop."` are the same; `` where nothing is left.
 */
export const plainWords = (text: string): string =>
  text
    .normalize('NFKC')
    .replaceAll(/\p{Cf}/gu, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}*#]+/gu, ' ')
    .trim()

/** The text begins with the word: `stop it please` with `stop`, `stopover` not. Both as `plainWords` gives them. */
export function beginsWith(text: string, word: string): boolean {
  if (!text.startsWith(word)) return false
  const next = String.fromCodePoint(text.codePointAt(word.length) ?? 0x20)
  return next === ' ' || unspaced.test(next) || unspaced.test(word.slice(-1))
}

/** What a reply says: an opt-out may be followed by more, a yes or no is the whole of it. Undefined: it isn't understood. */
export function meaningOfWords(text: string, words: ReplyWords): ReplyMeaning | undefined {
  const said = plainWords(text)
  if (said === '') return undefined
  if (words['opted-out'].some((word) => beginsWith(said, word))) return 'opted-out'
  if (words.refused.includes(said)) return 'refused'
  return words.accepted.includes(said) ? 'accepted' : undefined
}
