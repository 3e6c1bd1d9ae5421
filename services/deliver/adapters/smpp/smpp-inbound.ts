import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js'
import type { DeliverPdu } from 'smpp'
import { decodeSms } from '../../../domain/sms-text.ts'
import type { InboundMessage, ProviderReceipt } from '../../channel.ts'

/** How a provider writes message ids: as it likes, or as a number. */
export type MessageIdForm = 'text' | 'hex' | 'decimal'

export interface MessageIdForms {
  /** In the answer to a submit, and in the parameter receipted_message_id. */
  readonly submit: MessageIdForm
  /** In a receipt's text; some write the same number in another base. */
  readonly receipt: MessageIdForm
}

/** One spelling for the ids that a provider writes in two. Ids that are not of their form stay as they are. */
export function canonicalId(id: string, form: MessageIdForm): string {
  const written = id.trim()
  if (form === 'hex' && /^[0-9a-f]+$/i.test(written)) return BigInt(`0x${written}`).toString()
  if (form === 'decimal' && /^[0-9]+$/.test(written)) return BigInt(written).toString()
  return written
}

/** SMPP 3.4, 5.2.28 message_state. */
const stateByNumber: Readonly<Record<number, ProviderReceipt['state']>> = {
  1: 'under-way',
  2: 'delivered',
  3: 'expired',
  4: 'deleted',
  5: 'undelivered',
  6: 'under-way',
  7: 'unknown',
  8: 'rejected',
}

/** SMPP 3.4, appendix B: the words of a receipt's text, which is the vendor's choice but looks like this nearly everywhere. */
const stateByWord: Readonly<Record<string, ProviderReceipt['state']>> = {
  ENROUTE: 'under-way',
  ACCEPTD: 'under-way',
  DELIVRD: 'delivered',
  EXPIRED: 'expired',
  DELETED: 'deleted',
  UNDELIV: 'undelivered',
  UNKNOWN: 'unknown',
  REJECTD: 'rejected',
}

const esmKind = { mask: 0x3c, receipt: 0x04, notification: 0x20 } as const
const esmHasHeader = 0x40

/** A deliver_sm, read: a receipt, a message from a subscriber, or what cannot be used and why. */
export type Inbound =
  | { readonly kind: 'receipt'; readonly receipt: ProviderReceipt }
  | { readonly kind: 'message'; readonly message: InboundMessage }
  | { readonly kind: 'unreadable'; readonly what: 'receipt'; readonly why: 'no-id-or-state' }
  | { readonly kind: 'unreadable'; readonly what: 'message'; readonly why: 'binary-text' | 'sender-no-number' }

export function readDeliver(pdu: DeliverPdu, ids: MessageIdForms, country: CountryCode | undefined): Inbound {
  const kind = pdu.esm_class & esmKind.mask
  if (kind === esmKind.receipt || kind === esmKind.notification || pdu.receipted_message_id) {
    const receipt = readReceipt(pdu, ids)
    return receipt ? { kind: 'receipt', receipt } : { kind: 'unreadable', what: 'receipt', why: 'no-id-or-state' }
  }
  const text = textOf(pdu)
  if (text === null) return { kind: 'unreadable', what: 'message', why: 'binary-text' }
  const address = internationalNumber(pdu.source_addr ?? '', pdu.source_addr_ton, country)
  if (address === null) return { kind: 'unreadable', what: 'message', why: 'sender-no-number' }
  return { kind: 'message', message: { address, text } }
}

function readReceipt(pdu: DeliverPdu, ids: MessageIdForms): ProviderReceipt | null {
  const text = bodyOf(pdu).toString('latin1')
  const idInText = /\bid:\s*([^\s]+)/i.exec(text)?.[1]
  const word = /\bstat:\s*([A-Z]+)/i.exec(text)?.[1]?.toUpperCase()
  const error = /\berr:\s*([0-9A-Za-z]{1,8})\b/i.exec(text)?.[1] ?? null
  const messageId = pdu.receipted_message_id
    ? canonicalId(pdu.receipted_message_id, ids.submit)
    : idInText && canonicalId(idInText, ids.receipt)
  const state = stateByNumber[pdu.message_state ?? 0] ?? stateByWord[word ?? '']
  if (!messageId || !state) return null
  return { messageId, state, error: error !== null && /^0+$/.test(error) ? null : error }
}

function bodyOf(pdu: DeliverPdu): Buffer {
  // A cut PDU has neither.
  const bytes = (pdu.short_message?.length ? pdu.short_message : pdu.message_payload) ?? Buffer.alloc(0)
  return pdu.esm_class & esmHasHeader ? bytes.subarray((bytes[0] ?? 0) + 1) : bytes
}

function textOf(pdu: DeliverPdu): string | null {
  const body = bodyOf(pdu)
  switch (pdu.data_coding) {
    case 0:
      return decodeSms('gsm7', body)
    case 1:
    case 3:
      return body.toString('latin1')
    case 8:
      return decodeSms('ucs2', body)
    default:
      return null
  }
}

/**
 * E.164 of a sender: type of number 1 is international; others are read as numbers of the country. Without a country one of
 * unknown type (0) is taken as international where there are such numbers: many SMSCs leave the type out.
 */
function internationalNumber(
  address: string,
  typeOfNumber: number | undefined,
  country: CountryCode | undefined,
): string | null {
  const digits = /^\+?([1-9][0-9]{6,14})$/.exec(address)?.[1]
  if (digits && (typeOfNumber === 1 || address.startsWith('+'))) return `+${digits}`
  if (country) return parsePhoneNumberFromString(address, country)?.number ?? null
  const isUntyped = digits && !typeOfNumber
  return isUntyped && parsePhoneNumberFromString(`+${digits}`)?.isValid() ? `+${digits}` : null
}
