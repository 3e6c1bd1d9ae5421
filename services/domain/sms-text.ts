/**
 * Text of short messages: GSM 7-bit default alphabet with its extension table (3GPP TS 23.038, 6.2.1 and 6.2.1.1), and
 * UCS-2 for everything else (UTF-16BE, so that characters beyond the first plane take two units, as handsets show them).
 * One octet a septet: that is how SMPP carries data_coding 0; the SMSC packs.
 */
export type SmsEncoding = 'gsm7' | 'ucs2'

export interface EncodedSms {
  readonly encoding: SmsEncoding
  /** Bodies without user data header; one, or several that need a header of concatenation each. */
  readonly parts: readonly Buffer[]
}

/** Octets of a body: alone, and beside a concatenation header with an 8-bit reference (3GPP TS 23.040, 9.2.3.24.1). */
export const bodyLimits = {
  gsm7: { alone: 160, concatenated: 153 },
  ucs2: { alone: 140, concatenated: 134 },
} as const satisfies Record<SmsEncoding, { alone: number; concatenated: number }>

const escapeOctet = 0x1b
const defaultAlphabet =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
const extension: Readonly<Record<string, number>> = {
  '\f': 0x0a,
  '^': 0x14,
  '{': 0x28,
  '}': 0x29,
  '\\': 0x2f,
  '[': 0x3c,
  '~': 0x3d,
  ']': 0x3e,
  '|': 0x40,
  '€': 0x65,
}

/** Character to its octets: one, or the escape and one. */
const gsmOctets = new Map<string, readonly number[]>()
for (const [code, character] of [...defaultAlphabet].entries()) {
  if (code !== escapeOctet) gsmOctets.set(character, [code])
}
for (const [character, code] of Object.entries(extension)) gsmOctets.set(character, [escapeOctet, code])
const extended = new Map(Object.entries(extension).map(([character, code]) => [code, character]))

/** Encodes a text with the smaller alphabet that has all of it; splits never cut an escape or a surrogate pair. */
export function encodeSms(text: string): EncodedSms {
  const gsm = gsmUnits(text)
  return gsm
    ? { encoding: 'gsm7', parts: intoParts(gsm, bodyLimits.gsm7) }
    : { encoding: 'ucs2', parts: intoParts(ucs2Units(text), bodyLimits.ucs2) }
}

/** The text of a body; octets that GSM 03.38 leaves undefined read as spaces, as 23.038 asks of a receiver. */
export function decodeSms(encoding: SmsEncoding, body: Uint8Array): string {
  if (encoding === 'ucs2')
    return Buffer.from(body.subarray(0, body.length & ~1))
      .swap16()
      .toString('utf16le')
  let text = ''
  for (let i = 0; i < body.length; i++) {
    const octet = body[i] ?? 0
    if (octet !== escapeOctet) {
      text += defaultAlphabet.charAt(octet) || ' '
    } else {
      const code = body[++i]
      // An unknown extension shows the character of the default alphabet (23.038, 6.2.1.1).
      if (code !== undefined) text += extended.get(code) ?? (defaultAlphabet.charAt(code) || ' ')
    }
  }
  return text
}

/** How long a text is as a short message. */
export interface SmsSize {
  readonly encoding: SmsEncoding
  /** Septets of GSM 03.38, in which a character of the extension table takes two, or units of UTF-16. */
  readonly length: number
  /** Short messages that it is sent in. */
  readonly parts: number
}

/** A part alone holds 160 septets or 70 units; of several, each 153 or 67. */
export function sizeOfSms(text: string): SmsSize {
  const { encoding, parts } = encodeSms(text)
  const octets = parts.reduce((sum, part) => sum + part.length, 0)
  return { encoding, length: encoding === 'ucs2' ? octets / 2 : octets, parts: parts.length }
}

type Unit = readonly number[]

function gsmUnits(text: string): Unit[] | null {
  const units: Unit[] = []
  for (const character of text) {
    const octets = gsmOctets.get(character)
    if (!octets) return null
    units.push(octets)
  }
  return units
}

function ucs2Units(text: string): Unit[] {
  return Array.from(text, (character) => {
    const octets: number[] = []
    for (let i = 0; i < character.length; i++) {
      const unit = character.charCodeAt(i)
      octets.push(unit >> 8, unit & 0xff)
    }
    return octets
  })
}

function intoParts(units: readonly Unit[], limit: { alone: number; concatenated: number }): Buffer[] {
  const total = units.reduce((sum, unit) => sum + unit.length, 0)
  if (total <= limit.alone) return [Buffer.from(units.flat())]
  const parts: Buffer[] = []
  let part: number[] = []
  for (const unit of units) {
    if (part.length + unit.length > limit.concatenated) {
      parts.push(Buffer.from(part))
      part = []
    }
    part.push(...unit)
  }
  parts.push(Buffer.from(part))
  return parts
}

/** User data header of part `part` (1-based) of `parts` (at most 255): concatenation with an 8-bit reference. */
export const concatenationHeader = (reference: number, part: number, parts: number): Buffer =>
  Buffer.from([5, 0, 3, reference & 0xff, parts, part])
