import { kindOfSender, type SenderKind } from '../../../domain/sms-sender.ts'
import { concatenationHeader, encodeSms, type SmsEncoding } from '../../../domain/sms-text.ts'
import type { Message } from '../../channel.ts'
import type { Urgency } from '../../lane.ts'

export interface SubmitSettings {
  /**
   * Sender of what names none: a short code, a number with its plus sign, or a name (at most 11 characters). Type and plan of number
   * follow from its form where they are not given.
   */
  readonly source: { readonly address: string; readonly ton?: number; readonly npi?: number }
  /** segments: a long text is cut here; payload: it is handed over as one, and the SMSC cuts it. */
  readonly longTexts: 'segments' | 'payload'
}

/** What one submit_sm carries: a text, or a part of one. */
export interface Part {
  readonly message: Message
  readonly encoding: SmsEncoding
  /** With its header, where it has one. */
  readonly octets: Buffer
  /** 1-based. */
  readonly part: number
  readonly parts: number
  readonly in: 'short_message' | 'message_payload'
}

/** SMPP 3.4, 5.2.19. Never left to the library, whose own choice labels GSM 03.38 as 1 (IA5). */
const dataCoding = { gsm7: 0, ucs2: 8 } as const satisfies Record<SmsEncoding, number>

/** SMPP 3.4, 5.2.14: for ANSI-136 0 is bulk and 1 usual, for GSM 0 is without and 1 with priority. */
const priority: Readonly<Record<Urgency, number>> = { marketing: 0, service: 1 }

const typeAndPlan: Readonly<Record<SenderKind, { readonly ton: number; readonly npi: number }>> = {
  international: { ton: 1, npi: 1 },
  'short-code': { ton: 3, npi: 1 },
  name: { ton: 5, npi: 0 },
}

/**
 * The submits that a message takes. `reference`: 0 to 255, which its parts share. Null: it is shown in more than `partsMax` parts, in
 * whichever way it is handed over.
 */
export function partsOf(
  message: Message,
  { longTexts, partsMax }: Pick<SubmitSettings, 'longTexts'> & { readonly partsMax: number },
  reference: number,
): readonly Part[] | null {
  const { encoding, parts: bodies } = encodeSms(message.text)
  if (bodies.length > partsMax) return null
  const whole = { message, encoding, part: 1, parts: 1 } as const
  if (bodies.length > 1 && longTexts === 'payload') {
    return [{ ...whole, octets: Buffer.concat(bodies), in: 'message_payload' }]
  }
  const parts = bodies.length
  return bodies.map((body, i) => {
    const octets = parts === 1 ? body : Buffer.concat([concatenationHeader(reference, i + 1, parts), body])
    return { ...whole, octets, part: i + 1, parts, in: 'short_message' }
  })
}

/** @param validForMs how long the SMSC may try to deliver it */
export function submitFields(
  { message, encoding, octets, parts, in: place }: Part,
  { source: usual }: Pick<SubmitSettings, 'source'>,
  validForMs: number,
): Record<string, unknown> {
  const source = message.sender === null ? usual : { address: message.sender }
  const { ton, npi } = typeAndPlan[kindOfSender(source.address) ?? 'name']
  return {
    source_addr: source.address.replace('+', ''),
    source_addr_ton: source.ton ?? ton,
    source_addr_npi: source.npi ?? npi,
    dest_addr_ton: 1,
    dest_addr_npi: 1,
    destination_addr: message.address.replace('+', ''),
    esm_class: parts > 1 ? 0x40 : 0,
    priority_flag: priority[message.urgency],
    data_coding: dataCoding[encoding],
    registered_delivery: 1,
    validity_period: relativeTime(validForMs),
    ...(place === 'short_message'
      ? { short_message: octets }
      : { short_message: Buffer.alloc(0), message_payload: octets }),
  }
}

/** SMPP 3.4, 7.1.1: YYMMDDhhmmsstnnR, of less than 100 days. */
function relativeTime(millis: number): string {
  const seconds = Math.ceil(millis / 1000)
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const time = `${two((seconds / 3600) % 24)}${two((seconds / 60) % 60)}${two(seconds % 60)}`
  return `0000${two(seconds / 86_400)}${time}000R`
}
