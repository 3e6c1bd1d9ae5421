import { hash } from 'node:crypto'

declare const brand: unique symbol
type Branded<T, B extends string> = T & { readonly [brand]: B }

/** Number of a shard, 0-based; the partition of the same number in every topic belongs to it. */
export type ShardId = Branded<number, 'ShardId'>

export const shardId = (value: number): ShardId => value as ShardId

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/** What is hashed; grows to the longest. */
let scratch = Buffer.alloc(1024)

/**
 * Base32 (RFC 4648, lower case, without padding; 26 characters) of the first 128 bits of SHA-256 over the parts, each
 * as UTF-8 behind its length in bytes (uint32, big endian). The same parts give the same id everywhere.
 */
export function deterministicId(...parts: readonly string[]): string {
  // A character of UTF-16 has at most 3 bytes.
  const most = parts.reduce((sum, part) => sum + 4 + 3 * part.length, 0)
  if (most > scratch.length) scratch = Buffer.alloc(2 * most)
  let end = 0
  for (const part of parts) {
    const length = scratch.write(part, end + 4)
    end = scratch.writeUInt32BE(length, end) + length
  }
  // As a string of bytes: a buffer to hold them costs more than the digest.
  return base32(hash('sha256', scratch.subarray(0, end), 'binary'), 16)
}

/** Of the first `length` bytes, which stand one in a character. */
function base32(bytes: string, length: number): string {
  let text = ''
  let bits = 0
  let value = 0
  for (let i = 0; i < length; i++) {
    value = ((value << 8) | bytes.charCodeAt(i)) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet.charAt((value >>> bits) & 31)
    }
  }
  return bits > 0 ? text + alphabet.charAt((value << (5 - bits)) & 31) : text
}

/** A UUID (RFC 9562, version 8) of the first 16 bytes of SHA-256 over the text: the same text gives the same one everywhere. */
export function deterministicUuid(text: string): string {
  const bytes = hash('sha256', text, 'buffer').subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** A moment's id; the rule's version is carried beside it and not hashed. */
export const momentId = (rule: string, subscriber: string, occurrence: string): string =>
  deterministicId(rule, subscriber, occurrence)
export const outreachId = (moment: string): string => deterministicId(moment)
export const commandId = (outreach: string, channel: string, attempt: number): string =>
  deterministicId(outreach, channel, String(attempt))
