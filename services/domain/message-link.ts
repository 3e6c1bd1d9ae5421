/**
 * What stands in a text for its link until it is sent: only then is it known which link reports of which message. As long as the
 * longest link may be, in characters of GSM 03.38, so that a text is no longer than it was reckoned; longer than anything that comes
 * from other systems into a text, so that nobody else puts one in.
 */
export const linkMark = `${'<offer.link'.padEnd(63, '.')}>`

/** The text with its link in place. */
export const withLink = (text: string, link: string): string => text.replaceAll(linkMark, () => link)

/** Why something is no address that a subscriber may be led to; undefined: it is one. */
export function whyNoLink(link: string): string | undefined {
  if (!/^https:\/\/[!-~]+$/.test(link) || /[<>"{}|\\^`]/.test(link)) {
    return 'write it like https://shop.example/data-booster, with nothing in it but what addresses are written with'
  }
  if (!URL.canParse(link)) return 'it cannot be read as an address'
  const { username, password } = new URL(link)
  return username === '' && password === ''
    ? undefined
    : 'it holds a user name or a password, which everybody would read'
}
