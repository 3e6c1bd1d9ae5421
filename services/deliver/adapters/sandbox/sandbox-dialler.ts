import type { Clock } from '../../../flow/clock.ts'
import type { Message } from '../../channel.ts'
import type { CallEvent, Dialler, EndCause, Question } from '../ivr/dialler.ts'
import type { SandboxHands, SandboxShelf, SandboxStatus } from './sandbox-shelf.ts'

export interface SandboxDiallerSettings {
  /** After so long a phone at which nobody is answers by itself, and hears the message to its end. */
  readonly answerMs: number
  /** Whether a phone at which nobody is lets the call of this command ring. */
  readonly isMissed: (commandId: string) => boolean
}

/** Knows beforehand which message a call is for, which no switch is told. */
export interface SandboxDialler extends Dialler {
  expect(id: string, message: Message): void
  forget(id: string): void
  /** Calls that nobody answers by hand are answered now. */
  finish(): void
}

interface PhoneCall {
  readonly message: Message
  readonly number: number
  readonly isAttended: boolean
  answered: boolean
  /** The message was heard to its end, or a key was pressed. */
  heard: boolean
  question?: Question
  saidTimes: number
  timer?: NodeJS.Timeout
}

/** As a voice reads it: milliseconds a character, of Chinese and of others. */
const sayingMs = (text: string): number => text.length * 60 + (text.match(/\p{Script=Han}/gu)?.length ?? 0) * 140

/**
 * A switch whose subscribers are the phones of the sandbox. Where somebody is at the phone a call rings as a real one does, until it
 * is answered, pushed away or has rung out; where nobody is, it is soon answered by itself.
 */
export function createSandboxDialler(
  { answerMs, isMissed }: SandboxDiallerSettings,
  shelf: SandboxShelf,
  clock: Clock,
): SandboxDialler {
  const expected = new Map<string, Message>()
  const calls = new Map<string, PhoneCall>()
  let hear: (event: CallEvent) => void = () => undefined
  let isClosed = false

  function after(call: PhoneCall, millis: number, task: () => void): void {
    clearTimeout(call.timer)
    call.timer = setTimeout(task, Math.min(millis, 2 ** 31 - 1))
  }

  function ring(id: string, message: Message, ringMs: number): void {
    const { commandId, subscriberId, address, text } = message
    const number = shelf.next()
    const phone = shelf.phone(subscriberId)
    const isOff = phone.off.includes('ivr')
    const shown = { number, channel: 'ivr', commandId, subscriberId, address, text, sentAt: clock.now() } as const
    const call: PhoneCall = {
      message,
      number,
      isAttended: phone.attendMs > 0,
      answered: false,
      heard: false,
      saidTimes: 0,
    }
    const hands = call.isAttended && !isOff ? handsOf(id, 'ringing') : {}
    shelf.put({ ...shown, encoding: null, segments: 1, status: isOff ? 'undelivered' : 'ringing' }, hands)
    if (isOff) {
      hear({ kind: 'ended', id, cause: 'unreachable', detail: 'off', key: null })
      return
    }
    calls.set(id, call)
    hear({ kind: 'ringing', id })
    if (call.isAttended) after(call, ringMs, () => end(id, 'no-reply'))
    else after(call, answerMs, () => answerItself(id, commandId))
  }

  function answerItself(id: string, commandId: string): void {
    if (isMissed(commandId)) end(id, 'no-reply')
    else answer(id)
  }

  function answer(id: string): void {
    const call = calls.get(id)
    if (!call) return
    clearTimeout(call.timer)
    call.answered = true
    if (call.isAttended) shelf.change(call.number, 'talking', clock.now(), handsOf(id, 'talking'))
    hear({ kind: 'answered', id })
  }

  /** Says the message, and waits for a key behind it. */
  function say(id: string, call: PhoneCall, question: Question): void {
    if (call.saidTimes === question.times) {
      hear({ kind: 'asked', id, key: null, hungUp: false })
      return
    }
    call.saidTimes++
    after(call, sayingMs(call.message.text), () => {
      call.heard = true
      hear({ kind: 'said', id })
      after(call, question.waitMs, () => say(id, call, question))
    })
  }

  function press(id: string, key: string): void {
    const call = calls.get(id)
    if (!call?.question) return
    if (call.question.keys.includes(key)) {
      call.heard = true
      hear({ kind: 'asked', id, key, hungUp: false })
    } else say(id, call, call.question)
  }

  function end(id: string, cause: EndCause): void {
    if (leave(id, cause)) hear({ kind: 'ended', id, cause, detail: cause, key: null })
  }

  /** The phone is free again. */
  function leave(id: string, cause: EndCause): boolean {
    const call = calls.get(id)
    if (!call) return false
    clearTimeout(call.timer)
    calls.delete(id)
    shelf.change(call.number, shownAs(call, cause), clock.now(), {})
    return true
  }

  function handsOf(id: string, status: 'ringing' | 'talking'): SandboxHands {
    if (status === 'ringing') return { answer: async () => answer(id), decline: async () => end(id, 'declined') }
    return { key: async ({ key }) => press(id, key), 'hang-up': async () => end(id, 'cleared') }
  }

  return {
    expect: (id, message) => void expected.set(id, message),
    forget: (id) => void expected.delete(id),

    finish() {
      for (const [id, { isAttended, answered, message }] of calls) {
        if (!isAttended && !answered) answerItself(id, message.commandId)
      }
    },

    start(heard) {
      hear = heard
    },

    connected: async () => !isClosed,

    async dial({ id, ringMs }) {
      const message = expected.get(id)
      if (!message || isClosed) return { kind: 'not-sent', detail: null }
      ring(id, message, ringMs)
      return { kind: 'taken' }
    },

    async ask(id, question) {
      const call = calls.get(id)
      if (!call) return false
      call.question = question
      if (call.isAttended) say(id, call, question)
      else {
        call.heard = true
        hear({ kind: 'said', id })
        hear({ kind: 'asked', id, key: null, hungUp: false })
      }
      return true
    },

    transfer: async (id) => leave(id, 'cleared'),
    hangUp: async (id) => end(id, 'cleared'),

    async look(id) {
      const call = calls.get(id)
      return call ? { kind: 'here', answered: call.answered, key: null } : { kind: 'gone' }
    },

    state: () => ({ connected: !isClosed, reason: isClosed ? 'closed' : 'sandbox' }),

    async close() {
      isClosed = true
      for (const { timer } of calls.values()) clearTimeout(timer)
    },
  }
}

function shownAs({ answered, heard }: PhoneCall, cause: EndCause): SandboxStatus {
  if (answered) return heard ? 'delivered' : 'hung-up'
  return cause === 'declined' ? 'declined' : 'no-reply'
}
