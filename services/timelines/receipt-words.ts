import { didYouMean } from '../domain/nearest-name.ts'
import { channels } from '../topology.ts'
import { unknownChannel } from './decision-outcome.ts'
import type { SaidByChannel } from './timeline.ts'
import type { Word, WordFault } from './words.ts'

const statuses = [
  'accepted',
  'delivered',
  'failed',
  'unknown',
  'expired',
  'answered',
  'opened',
  'clicked',
  'replied',
  'none',
] as const satisfies readonly SaidByChannel['status'][]

/** `receipt STATUS [channel=CHANNEL] [code=CODE]`: what stands behind the first word, which is at `offset`. */
export function readReceipt(words: readonly Word[], offset: number): SaidByChannel | WordFault {
  const [first, ...others] = words
  if (first?.kind !== 'name') return { message: `which status? one of ${statuses.join(', ')}`, offset }
  const status = statuses.find((known) => known === first.text)
  if (!status) {
    const hint = didYouMean(first.text, statuses) || `; known: ${statuses.join(', ')}`
    return { message: `no status '${first.text}'${hint}`, offset: first.offset }
  }
  let said: SaidByChannel = { status, channel: undefined, code: null }
  for (const word of others) {
    if (word.kind === 'pair' && word.name === 'code') said = { ...said, code: word.plain }
    else if (word.kind === 'pair' && word.name === 'channel') {
      const channel = channels.find((known) => known === word.plain)
      if (!channel) return unknownChannel(word.plain, word.valueOffset)
      said = { ...said, channel }
    } else return { message: 'behind the status come channel=… and code=…', offset: word.offset }
  }
  return said
}
