import { type Holds, lookAgainMs } from '../../services/control/holds.ts'
import { createLedger } from '../../services/control/ledger.ts'
import type { ControlRecord } from '../../services/records/types.ts'

/**
 * Pauses and cancellations that a test makes by lines such as `pause p1 purpose=marketing`. `takesBack`: commands wait before they
 * are sent, and decide may take them back.
 */
export function heldByHand(takesBack = false) {
  let time = 0
  let isUnknown = false
  const ledger = createLedger(() => time)
  const holds: Holds = {
    pauseOf: ledger.pauseOf,
    isInForce: ledger.isInForce,
    isCancelled: ledger.isCancelled,
    isUnknown: (purpose) => isUnknown && (purpose === 'marketing' || purpose === 'care'),
    lookAgainMs,
    takesBack,
  }
  return {
    holds,
    ledger,
    /**
     * `pause ID channel= purpose= campaign=` · `resume ID` · `cancel ID command=|campaign=` · `unknown` · `known`.
     * False: it is something else.
     */
    act(line: string, at: number): boolean {
      const [verb = '', ...words] = line.split(' ')
      const id = words.find((word) => !word.includes('=')) ?? ''
      const given = Object.fromEntries(words.filter((word) => word.includes('=')).map((word) => word.split('=')))
      time = at
      switch (verb) {
        case 'unknown':
        case 'known':
          isUnknown = verb === 'unknown'
          return true
        case 'pause':
        case 'cancel': {
          const { channel, purpose, campaign, command: command_id } = given
          ledger.take(controlRecord(id, at, { action: verb, channel, purpose, campaign, command_id }))
          return true
        }
        case 'resume':
          ledger.take(controlRecord(`resume-${id}`, at, { action: 'resume', pause_id: id }))
          return true
        default:
          return false
      }
    },
  }
}

/** The same as senders are handed it. */
export function controlByHand() {
  const hand = heldByHand()
  const listeners = new Set<() => void>()
  let looks = 0
  return {
    ...hand.holds,
    look() {
      looks++
    },
    /** How often somebody made sure that what is known isn't old. */
    looks: () => looks,
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    operator(line: string) {
      if (!hand.act(line, Date.now())) throw new Error(`no operator does '${line}'`)
      for (const listener of listeners) listener()
    },
  }
}

/** An act of an operator. */
export const controlRecord = (id: string, at: number, fields: Partial<ControlRecord>): ControlRecord => ({
  control_id: id,
  subscriber_id: id,
  requested_at: at,
  action: 'pause',
  author: 'ops',
  reason: null,
  ...fields,
})
