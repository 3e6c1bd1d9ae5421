import type { DeliverPdu } from 'smpp'
import type { Log } from '../../channel.ts'
import { createSmppLink, type LinkSettings, type SmppLink } from './smpp-link.ts'

export interface BindsSettings extends LinkSettings {
  /** transceiver: each bind does both; pair: one submits, another is told of receipts and messages. */
  readonly bind: 'transceiver' | 'pair'
  /** So many binds, or pairs of them, at once. */
  readonly binds: number
}

/**
 * Several binds to one SMSC as one: a message takes the bind on which fewest wait for their answers, and what the SMSC tells is heard on
 * all of them. It is bound while one that submits is. @throws CodedError KM_SMPP_URL
 */
export function createSmppBinds(
  settings: BindsSettings,
  log: Log,
  onDeliver: (pdu: DeliverPdu) => Promise<number>,
): SmppLink {
  const isPair = settings.bind === 'pair'
  const some = (kind: Parameters<typeof createSmppLink>[0]) =>
    Array.from({ length: settings.binds }, () => createSmppLink(kind, settings, log, onDeliver))
  const submitting = some(isPair ? 'transmitter' : 'transceiver')
  const hearing = isPair ? some('receiver') : []
  const all = [...submitting, ...hearing]

  /** The idlest of those that are bound; of several the first. */
  function idlest(): SmppLink | undefined {
    let least: SmppLink | undefined
    for (const link of submitting) {
      const { bound, outstanding } = link.state()
      if (bound && (!least || outstanding < least.state().outstanding)) least = link
    }
    return least
  }

  return {
    start() {
      for (const link of all) link.start()
    },

    async bound(signal) {
      if (idlest()) return true
      const over = new AbortController()
      const either = AbortSignal.any([signal, over.signal])
      const found = await Promise.race(submitting.map((link) => link.bound(either)))
      over.abort()
      return found
    },

    submit: (fields, late) => idlest()?.submit(fields, late) ?? Promise.resolve({ kind: 'not-bound' }),

    state() {
      const states = submitting.map((link) => link.state())
      const bound = states.filter((state) => state.bound).length
      const down = [...states, ...hearing.map((link) => link.state())].find((state) => !state.bound)
      const outstanding = states.reduce((sum, state) => sum + state.outstanding, 0)
      return { bound: bound > 0, reason: down?.reason ?? 'bound', outstanding }
    },

    async close() {
      await Promise.all(all.map((link) => link.close()))
    },
  }
}
