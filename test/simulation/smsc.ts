import type { Outcome } from '../../services/deliver/channel.ts'
import type { SendEffect, SendResult } from '../../services/deliver/step.ts'
import type { Chaos } from './chaos.ts'
import type { Process } from './process.ts'
import type { World } from './world.ts'

/** A message that the SMSC took. */
export interface Taken {
  readonly commandId: string
  readonly subscriberId: string
  /** True time. */
  readonly at: number
}

/** An SMSC behind a network: it may throttle, refuse, answer late, or take a message and lose the connection. */
export class Smsc {
  readonly taken: Taken[] = []
  readonly #world: World
  readonly #chaos: Chaos

  constructor(world: World, chaos: Chaos) {
    this.#world = world
    this.#chaos = chaos
  }

  /** Runs deliver's effects in a process, as its sender does: nothing leaves once it is too late. */
  sender(process: Process): (effect: SendEffect) => Promise<SendResult> {
    return async (effect) => {
      const { attemptId, commandId, subscriberId } = effect
      return { attemptId, commandId, subscriberId, outcome: await this.#send(process, effect) }
    }
  }

  async #send(process: Process, { commandId, subscriberId, giveUpAt, notAfter }: SendEffect): Promise<Outcome> {
    const { random } = this.#world
    const chaos = this.#chaos
    if (chaos.strikes('sms-queued')) await process.scheduler.wait(random.next() * 90_000)
    if (process.clock.now() >= Math.min(giveUpAt, notAfter)) return notSent('channel-down')
    return new Promise((resolve) => {
      const answer = (outcome: Outcome, millis: number) =>
        process.later(millis, `hears ${outcome.kind}`, () => resolve(outcome))
      this.#world.after(random.next() * 50, `submit ${commandId}`, () => {
        if (chaos.strikes('sms-throttled')) return answer(notSent('throttled'), 20)
        if (chaos.strikes('sms-refused')) return answer({ kind: 'refused', code: 'refused', detail: null }, 20)
        if (chaos.strikes('sms-lost-before')) return answer(unknown('no-answer'), 30_000)
        this.taken.push({ commandId, subscriberId, at: this.#world.time })
        if (chaos.strikes('sms-dropped-after-submit')) return answer(unknown('connection-lost'), 1_000)
        const late = chaos.strikes('sms-late') ? random.next() * 200_000 : random.next() * 100
        answer({ kind: 'accepted', messageIds: [commandId] }, late)
      })
    })
  }
}

const notSent = (code: 'channel-down' | 'throttled'): Outcome => ({ kind: 'not-sent', code, detail: null })
const unknown = (code: 'no-answer' | 'connection-lost'): Outcome => ({ kind: 'unknown', code, detail: null })
