import type { Outcome } from '../../services/deliver/channel.ts'
import type { SendEffect, SendResult } from '../../services/deliver/send-effect.ts'
import type { Channel } from '../../services/topology.ts'
import type { Chaos } from './chaos.ts'
import type { Process } from './process.ts'
import type { World } from './world.ts'

/** A message that a provider took. */
export interface Taken {
  readonly commandId: string
  readonly subscriberId: string
  readonly channel: Channel
  /** True time. */
  readonly at: number
}

/** What is beyond the providers. */
export interface Surroundings {
  /** The provider takes nothing at present. */
  isAway(channel: Channel): boolean
  /** It took a message, once or again. */
  took(taken: Taken): void
  /** It didn't. */
  kept(taken: Taken): void
}

export const nothingComesBack: Surroundings = { isAway: () => false, took: () => undefined, kept: () => undefined }

/**
 * What messages leave through (an SMSC, a voice platform, a push service), behind a network: it may throttle, refuse, answer late, or
 * take a message and lose the connection.
 */
export class Providers {
  readonly taken: Taken[] = []
  readonly #world: World
  readonly #chaos: Chaos
  readonly #surroundings: Surroundings

  constructor(world: World, chaos: Chaos, surroundings: Surroundings) {
    this.#world = world
    this.#chaos = chaos
    this.#surroundings = surroundings
  }

  /** Runs deliver's effects in a process, as its sender does: nothing leaves once it is too late. */
  sender(process: Process): (effect: SendEffect) => Promise<SendResult> {
    return async (effect) => {
      const { attemptId, commandId, subscriberId } = effect
      return { attemptId, commandId, subscriberId, outcome: await this.#send(process, effect) }
    }
  }

  async #send(process: Process, effect: SendEffect): Promise<Outcome> {
    const { commandId, subscriberId, channel, giveUpAt, notAfter } = effect
    const { random } = this.#world
    const chaos = this.#chaos
    if (chaos.strikes('sms-queued')) await process.scheduler.wait(random.next() * 90_000)
    if (process.clock.now() >= Math.min(giveUpAt, notAfter)) return notSent('channel-down')
    return new Promise((resolve) => {
      const answer = (outcome: Outcome, millis: number) =>
        process.later(millis, `hears ${outcome.kind}`, () => resolve(outcome))
      this.#world.after(random.next() * 50, `submit ${commandId}`, () => {
        if (this.#surroundings.isAway(channel)) {
          this.#surroundings.kept({ commandId, subscriberId, channel, at: this.#world.time })
          return answer(notSent('throttled'), 20)
        }
        if (chaos.strikes('sms-throttled')) return answer(notSent('throttled'), 20)
        if (chaos.strikes('sms-refused')) return answer({ kind: 'refused', code: 'refused', detail: null }, 20)
        if (chaos.strikes('sms-lost-before')) return answer(unknown('no-answer'), 30_000)
        const taken = { commandId, subscriberId, channel, at: this.#world.time }
        this.taken.push(taken)
        this.#surroundings.took(taken)
        if (chaos.strikes('sms-dropped-after-submit')) return answer(unknown('connection-lost'), 1_000)
        const late = chaos.strikes('sms-late') ? random.next() * 200_000 : random.next() * 100
        answer({ kind: 'accepted', messageIds: [commandId] }, late)
      })
    })
  }
}

const notSent = (code: 'channel-down' | 'throttled'): Outcome => ({ kind: 'not-sent', code, detail: null })
const unknown = (code: 'no-answer' | 'connection-lost'): Outcome => ({ kind: 'unknown', code, detail: null })
