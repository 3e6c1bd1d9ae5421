import { isPhoneNumber } from './phone-number.ts'

/** How a source address is written (SMPP 3.4, 5.2.5 and 5.2.6): type of number and numbering plan. */
export type SenderKind = 'international' | 'short-code' | 'name'

/**
 * What kind of sender a text is: a number with its plus sign (7 to 15 digits, E.164), a short code (3 to 15 digits), or a name (3GPP TS
 * 23.040, 9.1.2.5: at most 11 characters; of them only those that every alphabet on the way has: A to Z, digits, space and `&.-_`, at
 * least one letter). Undefined: none, no SMSC would take it.
 */
export function kindOfSender(sender: string): SenderKind | undefined {
  if (isPhoneNumber(sender)) return 'international'
  if (/^[0-9]{3,15}$/.test(sender)) return 'short-code'
  const isName = /^[A-Za-z0-9&._-](?:[A-Za-z0-9 &._-]{0,9}[A-Za-z0-9&._-])?$/.test(sender) && /[A-Za-z]/.test(sender)
  return isName ? 'name' : undefined
}

/** What a sender may be, for whoever wrote another one. */
export const senderForms =
  'a number with its plus sign, a short code of 3 to 15 digits, or a name of at most 11 letters, digits, spaces and &.-_'
