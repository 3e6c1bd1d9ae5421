import type { Outcome } from '../../channel.ts'
import type { CallEvent, Dialler, Question } from './dialler.ts'
import { type CallFacts, type End, outcomeUnheard, receiptOf } from './ivr-results.ts'
import type { CallTold } from './ivr-told.ts'

export interface CallSettings {
  /** How long a call may take once it is answered. */
  readonly callMaxMs: number
  /** How long the connection to the switch may be lost before nobody knows what became of the call. */
  readonly lostMs: number
  /** What the switch may take longer than it was told to. */
  readonly marginMs: number
}

/** Who is put through, and by which key; key '': nobody. */
export interface Agent {
  readonly key: string
  /** An extension, as the switch's dialplan has it. */
  readonly extension: string
}

interface CallParts {
  readonly id: string
  readonly question: Question
  readonly agent: Agent
  /** As long as it may ring. */
  readonly ringMs: number
  readonly settings: CallSettings
  readonly dialler: Dialler
  readonly told: CallTold
  /** The switch could not play the message. */
  readonly unsaid: () => void
}

/** One call, from the moment before the switch is asked for it. */
export interface Call {
  /** What became of the attempt: known as soon as it rings. Never rejects. */
  readonly outcome: Promise<Outcome>
  /** The line is free, and all is told. Never rejects. */
  readonly over: Promise<void>
  hear(event: CallEvent): void
  /** It was never begun. */
  drop(outcome: Outcome): void
  hangUp(): void
}

export function createCall({ id, question, agent, ringMs, settings, dialler, told, unsaid }: CallParts): Call {
  const outcome = Promise.withResolvers<Outcome>()
  const over = Promise.withResolvers<void>()
  let facts: CallFacts = { answered: false, said: false, key: null, machine: false }
  let rang = false
  let askedAt: number | undefined
  let ended = false
  let limit: NodeJS.Timeout | undefined
  let lost: NodeJS.Timeout | undefined
  /** What is told is told in its order. */
  let telling: Promise<unknown> = Promise.resolve()
  within(ringMs)

  function then(task: () => unknown): void {
    telling = telling.then(task)
  }

  /** A call that the switch doesn't end in time is ended by us; one that can't be ended is given up. */
  function within(millis: number): void {
    clearTimeout(limit)
    limit = setTimeout(() => {
      hangUp()
      limit = setTimeout(() => end('silent'), settings.marginMs)
    }, millis + settings.marginMs)
  }

  const hangUp = () => void dialler.hangUp(id)

  function ring(): void {
    if (rang) return
    rang = true
    then(async () => {
      await told.left(id)
      outcome.resolve({ kind: 'accepted', messageIds: [id] })
    })
  }

  function answer(): void {
    ring()
    if (facts.answered) return
    facts = { ...facts, answered: true }
    within(settings.callMaxMs)
    void ask()
  }

  /** Where it isn't taken the call has just ended, or the connection: then it is asked again once that is back. */
  async function ask(): Promise<void> {
    if (askedAt !== undefined) return
    askedAt = performance.now()
    if (!(await dialler.ask(id, question))) askedAt = undefined
  }

  /** A key that isn't one of ours is none. */
  function press(key: string | null): void {
    if (facts.key !== null || key === null || key.length !== 1 || !question.keys.includes(key)) return
    facts = { ...facts, key }
    then(() => told.key(id, key))
  }

  /** The question is over, and whoever was asked is still there. */
  async function leave(): Promise<void> {
    const isPutThrough = facts.key !== null && facts.key === agent.key && (await dialler.transfer(id, agent.extension))
    if (!isPutThrough) return hangUp()
    // It is the agent's call from now on.
    end({ cause: 'cleared', detail: 'TRANSFERRED' })
  }

  /**
   * Without a key the switch waits for one behind the message: what was over sooner wasn't said. Of a recording it says itself
   * that it was played.
   */
  function wasSaid(): CallFacts['said'] {
    if (facts.said || facts.key !== null) return facts.said
    const lasted = performance.now() - (askedAt ?? 0)
    return question.prompt.kind === 'speech' && lasted >= question.waitMs ? true : 'failed'
  }

  function end(how: End): void {
    if (ended) return
    ended = true
    clearTimeout(limit)
    clearTimeout(lost)
    const early = rang ? null : outcomeUnheard(how)
    if (early) then(() => outcome.resolve(early))
    else {
      ring()
      then(() => told.result(id, receiptOf(facts, how)))
    }
    then(() => over.resolve())
  }

  async function lookAgain(): Promise<void> {
    const seen = await dialler.look(id)
    if (seen === null || ended) return
    clearTimeout(lost)
    lost = undefined
    if (seen.kind === 'gone') return end('missed')
    // Nobody heard whether it rang meanwhile.
    ring()
    press(seen.key)
    if (facts.key !== null) return leave()
    if (!seen.answered) return
    if (facts.answered) return ask()
    answer()
  }

  function takeAsked(key: string | null, hungUp: boolean): void {
    press(key)
    if (hungUp) return
    facts = { ...facts, said: wasSaid() }
    if (facts.said === 'failed') unsaid()
    void leave()
  }

  function hear(event: CallEvent): void {
    if (ended) return
    switch (event.kind) {
      case 'ringing':
        ring()
        break
      case 'answered':
        answer()
        break
      case 'said':
        facts = { ...facts, said: true }
        break
      case 'machine':
        facts = { ...facts, machine: facts.key === null }
        if (facts.machine) hangUp()
        break
      case 'asked':
        takeAsked(event.key, event.hungUp)
        break
      case 'ended':
        press(event.key)
        end(event)
        break
      case 'lost':
        // From the first loss on: a switch which lets in and answers nothing isn't there either.
        lost ??= setTimeout(() => end('missed'), settings.lostMs)
        break
      case 'back':
        void lookAgain()
        break
    }
  }

  return {
    outcome: outcome.promise,
    over: over.promise,
    hear,
    hangUp,
    drop(why) {
      if (ended) return
      ended = true
      clearTimeout(limit)
      clearTimeout(lost)
      outcome.resolve(why)
      over.resolve()
    },
  }
}
