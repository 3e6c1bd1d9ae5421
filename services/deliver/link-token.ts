import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** What a link tells when it is called. */
export type LinkKind = 'opened' | 'clicked'

export interface LinkToken {
  readonly kind: LinkKind
  /** The command that it is of, as `linkId` has it. */
  readonly id: string
  /** It tells nothing any more from then on; milliseconds since 1970. */
  readonly expiresAt: number
}

/** In characters. */
const tokenLength = 32

const hourMs = 3_600_000
const marks = { opened: 1, clicked: 2 } as const satisfies Record<LinkKind, number>

/** Ten bytes of a command's id, as hex: enough to tell apart whatever is under way, and short enough for a short message. */
export const linkId = (commandId: string): string => createHash('sha256').update(commandId).digest('hex').slice(0, 20)

/**
 * Signs and reads the tokens of links: 24 bytes as base64url. The kind (1), the id (10), the hour in which it expires (3, since 1970),
 * and the first 10 of the HMAC-SHA256 of all that: there is no finding one but by asking us some 10^24 times.
 * `secret`: the key is derived from it.
 */
export function createLinkTokens(secret: string) {
  const key = createHmac('sha256', secret).update('links of messages').digest()
  const signatureOf = (said: Buffer) => createHmac('sha256', key).update(said).digest().subarray(0, 10)

  return {
    /** The expiry is rounded up to the hour. */
    sign({ kind, id, expiresAt }: LinkToken): string {
      const said = Buffer.alloc(14)
      said.writeUInt8(marks[kind], 0)
      said.write(id, 1, 'hex')
      said.writeUIntBE(Math.ceil(expiresAt / hourMs), 11, 3)
      return Buffer.concat([said, signatureOf(said)]).toString('base64url')
    },

    /**
     * null: it isn't ours. What stands behind it is passed over: phones take signs and words that follow a link for a part of it.
     */
    read(given: string): LinkToken | null {
      const bytes = Buffer.from(given.slice(0, tokenLength), 'base64url')
      if (bytes.length !== 24) return null
      const said = bytes.subarray(0, 14)
      if (!timingSafeEqual(signatureOf(said), bytes.subarray(14))) return null
      const kind = said.readUInt8(0) === marks.opened ? 'opened' : 'clicked'
      return { kind, id: said.toString('hex', 1, 11), expiresAt: said.readUIntBE(11, 3) * hourMs }
    },
  }
}
