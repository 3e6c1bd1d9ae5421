import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import smpp, { type DeliverPdu, type Pdu, type Session, type SubmitAnswer } from 'smpp'
import { CodedError } from '../../../domain/errors.ts'
import type { Log } from '../../channel.ts'
import { isSoon, keepConnected, type ReconnectMs } from '../keep-connected.ts'
import { hostOf } from '../public-address.ts'
import { statusName } from './smpp-status.ts'

// The library would decode texts by labels of its own (it takes 0 and 1 both for GSM 03.38): we take the bytes.
delete smpp.commands.deliver_sm.params.short_message.filter
delete smpp.tlvs.message_payload.filter

export interface LinkSettings {
  /** smpp://user:password@host:port, or ssmpp:// for TLS. */
  readonly url: string
  /** Certificates (PEM) by which the SMSC is known, in place of those that Node knows; undefined: Node's. */
  readonly ca?: string | undefined
  readonly systemType: string
  /** For connecting and binding together. */
  readonly bindTimeoutMs: number
  readonly enquireLinkMs: number
  /** For the answer to a submit; for that to an enquire_link too. */
  readonly answerTimeoutMs: number
  readonly reconnectMs: ReconnectMs
}

/** A transceiver does both: a transmitter submits, a receiver is told of receipts and messages. */
export type BindKind = 'transceiver' | 'transmitter' | 'receiver'

/** What became of one submit_sm. */
export type Submitted =
  | { readonly kind: 'answered'; readonly status: number; readonly messageId: string }
  /** Nothing was written. */
  | { readonly kind: 'not-bound' }
  /** Written, and no answer within its time, or the connection was lost before. */
  | { readonly kind: 'no-answer' }
  | { readonly kind: 'connection-lost' }

export interface SmppLink {
  start(): void
  /** Resolves when bound; false when the signal aborted before. */
  bound(signal: AbortSignal): Promise<boolean>
  /** @param late hears of an answer that came after its time */
  submit(fields: Record<string, unknown>, late: (messageId: string) => void): Promise<Submitted>
  state(): { readonly bound: boolean; readonly reason: string; readonly outstanding: number }
  /** Lets submits under way answer, unbinds and disconnects. */
  close(): Promise<void>
}

/** Keeps one bind to an SMSC: connects, binds, enquires, and starts again when it is lost. @throws CodedError KM_SMPP_URL */
export function createSmppLink(
  kind: BindKind,
  settings: LinkSettings,
  log: Log,
  onDeliver: (pdu: DeliverPdu) => Promise<number>,
): SmppLink {
  const { host, port, tls, user, password } = readUrl(settings.url)
  const events = new EventEmitter().setMaxListeners(0)
  const stop = new AbortController()
  let session: Session | undefined
  let reason = 'not started'
  const outstanding = new Set<Promise<Submitted>>()
  const delivering = new Set<Promise<void>>()

  /**
   * Connects and binds once. Resolves when bound; `lost` resolves when that bind has ended. A close in between ends it: a
   * bind that nobody waits for any more would keep the SMSC, and the process. @throws CodedError
   */
  async function bind(): Promise<{ lost: Promise<void> }> {
    stop.signal.throwIfAborted()
    const candidate = smpp.connect({ host, port, tls, ...(settings.ca !== undefined && { ca: settings.ca }) })
    const abandon = () => candidate.destroy()
    stop.signal.addEventListener('abort', abandon)
    const lost = new Promise<void>((resolve) => candidate.once('close', () => resolve()))
    // A malformed PDU is an error too, and leaves the library's parser stuck: the connection is given up.
    candidate.on('error', (error: NodeJS.ErrnoException) => {
      reason = error.code ?? 'protocol error'
      candidate.destroy()
    })
    try {
      await bindSession(candidate, lost)
      stop.signal.throwIfAborted()
    } catch (error) {
      candidate.destroy()
      if (stop.signal.aborted) throw error
      reason = error instanceof CodedError ? error.message : String(reason)
      const code = error instanceof CodedError ? error.code : 'KM_SMPP_UNAVAILABLE'
      log.warn({ provider: 'smpp', bind: kind, code, reason }, 'SMSC not bound')
      throw error
    } finally {
      stop.signal.removeEventListener('abort', abandon)
    }
    serve(candidate, lost)
    return { lost }
  }

  async function bindSession(candidate: Session, lost: Promise<void>): Promise<void> {
    const answered = new Promise<Pdu>((resolve) => {
      const fields = { system_id: user, password, system_type: settings.systemType, interface_version: 0x34 }
      candidate.once(tls ? 'secureConnect' : 'connect', () => candidate[`bind_${kind}`](fields, resolve))
    })
    const timeout = sleep(settings.bindTimeoutMs, 'timeout' as const, { ref: false })
    const answer = await Promise.race([answered, timeout, lost.then(() => 'lost' as const)])
    if (answer === 'timeout' || answer === 'lost') {
      const why = answer === 'timeout' ? 'no answer in time' : reason
      throw new CodedError('KM_SMPP_UNAVAILABLE', `cannot bind to the SMSC: ${why}`, { canRetry: true })
    }
    if (answer.command_status !== 0) {
      const why = statusName(answer.command_status)
      throw new CodedError(
        'KM_SMPP_BIND_REFUSED',
        `the SMSC refuses the bind: ${why}; check user, password and system type`,
      )
    }
  }

  function serve(bound: Session, lost: Promise<void>): void {
    session = bound
    reason = 'bound'
    log.info({ provider: 'smpp', bind: kind }, 'SMSC bound')
    const enquiring = setInterval(() => enquire(bound), settings.enquireLinkMs)
    bound.on('enquire_link', (pdu: Pdu) => bound.send(pdu.response()))
    bound.on('deliver_sm', (pdu: DeliverPdu) => deliver(bound, pdu))
    bound.on('unbind', (pdu: Pdu) => {
      bound.send(pdu.response())
      bound.destroy()
    })
    bound.on('unknown', (pdu: Pdu) => bound.send(pdu.response()))
    bound.on('data_sm', (pdu: Pdu) => bound.send(pdu.response({ command_status: 0x03 })))
    void lost.then(() => {
      clearInterval(enquiring)
      session = undefined
      if (reason === 'bound') reason = 'connection lost'
      if (!stop.signal.aborted) {
        log.warn({ provider: 'smpp', bind: kind, code: 'KM_SMPP_UNAVAILABLE', reason }, 'SMSC lost')
      }
      events.emit('lost', bound)
    })
    events.emit('bound')
  }

  function enquire(bound: Session): void {
    const silent = setTimeout(() => {
      reason = 'no answer to enquire_link'
      bound.destroy()
    }, settings.answerTimeoutMs)
    bound.enquire_link(() => clearTimeout(silent))
    bound.once('close', () => clearTimeout(silent))
  }

  function deliver(bound: Session, pdu: DeliverPdu): void {
    const handled = onDeliver(pdu).then((status) => {
      bound.send(pdu.response({ command_status: status }))
      delivering.delete(handled)
    })
    delivering.add(handled)
  }

  function submit(fields: Record<string, unknown>, late: (messageId: string) => void): Promise<Submitted> {
    const through = session
    if (!through) return Promise.resolve({ kind: 'not-bound' })
    const submitted = new Promise<Submitted>((resolve) => {
      let open = true
      const end = (result: Submitted) => {
        if (!open) return
        open = false
        clearTimeout(timer)
        events.off('lost', onLost)
        resolve(result)
      }
      const onLost = (gone: Session) => gone === through && end({ kind: 'connection-lost' })
      const timer = setTimeout(() => end({ kind: 'no-answer' }), settings.answerTimeoutMs)
      events.on('lost', onLost)
      const written = through.submit_sm(fields, (answer: SubmitAnswer) => {
        const messageId = answer.message_id ?? ''
        if (!open && answer.command_status === 0) late(messageId)
        end({ kind: 'answered', status: answer.command_status, messageId })
      })
      if (!written) end({ kind: 'not-bound' })
    })
    outstanding.add(submitted)
    void submitted.then(() => outstanding.delete(submitted))
    return submitted
  }

  return {
    start() {
      reason = 'connecting'
      // Ends by the abort in close() only.
      void keepConnected(bind, settings.reconnectMs, stop.signal).catch(() => undefined)
    },

    bound: (signal) => isSoon(() => session !== undefined, events, 'bound', signal),

    submit,

    state: () => ({ bound: session !== undefined, reason, outstanding: outstanding.size }),

    async close() {
      stop.abort()
      await Promise.all(outstanding)
      await Promise.all(delivering)
      const last = session
      if (!last) return
      reason = 'closed'
      const closed = once(last, 'close')
      const giveUp = setTimeout(() => last.destroy(), 2_000)
      if (!last.unbind(() => last.destroy())) last.destroy()
      await closed
      clearTimeout(giveUp)
    },
  }
}

/** @throws CodedError KM_SMPP_URL */
function readUrl(text: string) {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['smpp:', 'ssmpp:'].includes(url.protocol) || url.hostname === '' || url.username === '') {
    throw new CodedError('KM_SMPP_URL', 'the SMSC must be given as smpp://user:password@host:port (ssmpp: for TLS)')
  }
  const tls = url.protocol === 'ssmpp:'
  return {
    host: hostOf(url),
    port: Number(url.port) || (tls ? 3550 : 2775),
    tls,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  }
}
