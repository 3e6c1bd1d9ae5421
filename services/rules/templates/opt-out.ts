/** A text in the letters by which two are compared. */
const bare = (text: string): string => text.toLowerCase().replaceAll(/\s+/g, ' ')

/** Scripts and signs that stand without a space between sentences. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u

/** The text with the one that says how to opt out behind it, unless it says so already. */
export function withOptOut(text: string, optOut: string): string {
  if (bare(text).includes(bare(optOut))) return text
  const isUnspaced = unspaced.test(text.slice(-1)) || unspaced.test(optOut.slice(0, 1))
  return `${text}${isUnspaced ? '' : ' '}${optOut}`
}
