import { createHmac } from 'node:crypto'
import { dayMs } from '../domain/time-zones.ts'
import type { ExpiringIndex } from '../flow/state-store.ts'
import type { AcceptedPart, ProviderReceipt } from './channel.ts'

export interface EdgeSettings {
  /** Key of the hash under which addresses are kept; the same in every process, and secret. At least 16 characters. */
  readonly secret: string
  /** How long a receipt may take. */
  readonly receiptLifetimeMs: number
  /** How long a reply may take. */
  readonly replyLifetimeMs: number
  /** How long a receipt waits for the answer to its submit. */
  readonly earlyLifetimeMs: number
  /** A message from the same address with the same text within it is the same message, told again. */
  readonly repeatedWithinMs: number
}

export const edgeDefaults = {
  receiptLifetimeMs: 7 * dayMs,
  replyLifetimeMs: 30 * dayMs,
  earlyLifetimeMs: 3_600_000,
  repeatedWithinMs: 120_000,
} as const satisfies Omit<EdgeSettings, 'secret'>

/** What a message id stands for. */
export type SentPart = Omit<AcceptedPart, 'messageId'>

export interface Contact {
  readonly subscriberId: string
  /** The newest command that was sent to the address. */
  readonly commandId: string
}

/** A command on its way to an address. */
export interface Reached extends Contact {
  /** An answer to it is awaited until then; 0: none is. Milliseconds since 1970. */
  readonly awaitedUntil: number
}

/** As it is kept; null: nothing is. */
export interface Noted {
  readonly contact: string | null
  readonly awaited: string | null
}

/**
 * What deliver needs to know of providers' ids and of addresses, outside the shards, so that whichever process holds
 * the bind can resolve a receipt or a reply. Addresses are kept as keyed hashes.
 */
export interface EdgeIndex {
  /** Remembers a provider's id; returns the receipts that came before it. */
  remember(provider: string, part: AcceptedPart): Promise<ProviderReceipt | null>
  /** What the receipt is of. Unknown ids are parked until `remember` takes them up, and give null. */
  resolve(provider: string, receipt: ProviderReceipt): Promise<SentPart | null>
  /** What a provider's id stands for; null: it isn't known, or not any more. */
  sent(provider: string, messageId: string): Promise<SentPart | null>
  /** Notes the part as delivered; true once all parts of its command are. */
  delivered(part: SentPart): Promise<boolean>
  /** What is said of the address, for `takeBack`. */
  noted(address: string): Promise<Noted>
  /** Says who is at the address from now on. */
  reached(address: string, sent: Reached): Promise<void>
  /** The command provably didn't leave: what was said of the address before it holds again, unless another has left since. */
  takeBack(address: string, commandId: string, before: Noted): Promise<void>
  whoIsAt(address: string): Promise<Contact | null>
  /** The newest command to the address of which an answer is still awaited, and whose it was. */
  awaitedAt(address: string, now: number): Promise<Contact | null>
  /** When this message was first told: `now`, or earlier for a repeated one. */
  firstTold(address: string, text: string, now: number): Promise<number>
}

/** @throws RangeError for a secret that is too short */
export function createEdgeIndex(index: ExpiringIndex, settings: EdgeSettings): EdgeIndex {
  if (settings.secret.length < 16) throw new RangeError('the secret of the address hash needs at least 16 characters')
  const hash = (...parts: readonly string[]) =>
    createHmac('sha256', settings.secret).update(JSON.stringify(parts)).digest('base64url').slice(0, 32)
  const sentKey = (provider: string, messageId: string) => `sent:${provider}:${messageId}`
  const earlyKey = (provider: string, messageId: string) => `early:${provider}:${messageId}`
  const partKey = (commandId: string, part: number) => `delivered:${commandId}:${part}`

  const contactKey = (address: string) => `address:${hash(address)}`
  const awaitedKey = (address: string) => `awaited:${hash(address)}`

  async function putBack(key: string, commandId: string, before: string | null): Promise<void> {
    const present = await index.get(key)
    if (present === null || (JSON.parse(present) as Contact).commandId !== commandId) return
    if (before === null) await index.remove(key)
    else await index.put(key, before, settings.replyLifetimeMs)
  }

  async function sent(provider: string, messageId: string): Promise<SentPart | null> {
    const value = await index.get(sentKey(provider, messageId))
    return value === null ? null : (JSON.parse(value) as SentPart)
  }

  return {
    async remember(provider, { messageId, commandId, subscriberId, part, parts }) {
      const value = JSON.stringify({ commandId, subscriberId, part, parts } satisfies SentPart)
      await index.put(sentKey(provider, messageId), value, settings.receiptLifetimeMs)
      // Stored first and looked second, here as in `resolve`: of two that meet, at least one sees the other.
      const early = await index.get(earlyKey(provider, messageId))
      if (early === null) return null
      await index.remove(earlyKey(provider, messageId))
      return JSON.parse(early) as ProviderReceipt
    },

    async resolve(provider, receipt) {
      const found = await sent(provider, receipt.messageId)
      if (found) return found
      await index.put(earlyKey(provider, receipt.messageId), JSON.stringify(receipt), settings.earlyLifetimeMs)
      return sent(provider, receipt.messageId)
    },

    sent,

    async delivered({ commandId, part, parts }) {
      await index.put(partKey(commandId, part), 'delivered', settings.receiptLifetimeMs)
      for (let other = 1; other <= parts; other++) {
        if (other !== part && (await index.get(partKey(commandId, other))) === null) return false
      }
      return true
    },

    async noted(address) {
      return { contact: await index.get(contactKey(address)), awaited: await index.get(awaitedKey(address)) }
    },

    async reached(address, { subscriberId, commandId, awaitedUntil }) {
      const contact = { subscriberId, commandId } satisfies Contact
      await index.put(contactKey(address), JSON.stringify(contact), settings.replyLifetimeMs)
      if (awaitedUntil === 0) return
      const awaited = JSON.stringify({ ...contact, awaitedUntil } satisfies Reached)
      await index.put(awaitedKey(address), awaited, settings.replyLifetimeMs)
    },

    async takeBack(address, commandId, before) {
      await putBack(contactKey(address), commandId, before.contact)
      await putBack(awaitedKey(address), commandId, before.awaited)
    },

    async whoIsAt(address) {
      const value = await index.get(contactKey(address))
      return value === null ? null : (JSON.parse(value) as Contact)
    },

    async awaitedAt(address, now) {
      const value = await index.get(awaitedKey(address))
      if (value === null) return null
      const { subscriberId, commandId, awaitedUntil } = JSON.parse(value) as Reached
      return now < awaitedUntil ? { subscriberId, commandId } : null
    },

    async firstTold(address, text, now) {
      const key = `inbound:${hash(address, text)}`
      return Number(await index.putIfAbsent(key, String(now), settings.repeatedWithinMs))
    },
  }
}
