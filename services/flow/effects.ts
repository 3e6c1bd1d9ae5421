import type { Lanes } from './lanes.ts'

/** What a step asked to be done outside, and for which subscriber. */
export interface KeyedEffect<Effect> {
  readonly key: string
  readonly effect: Effect
}

export interface EffectAnswer<EffectResult> {
  readonly key: string
  readonly result: EffectResult
}

/** Runs effects and keeps their answers until they are taken as inputs. */
export class Effects<Effect, EffectResult> {
  readonly #run: ((effect: Effect) => Promise<EffectResult>) | undefined
  readonly #onAnswer: () => void
  readonly #onFailure: (error: unknown) => void
  readonly #lanes: Lanes<Effect>
  #answers: EffectAnswer<EffectResult>[] = []
  /** Begun and not answered. */
  inFlight = 0

  constructor(
    run: ((effect: Effect) => Promise<EffectResult>) | undefined,
    onAnswer: () => void,
    onFailure: (error: unknown) => void,
    lanes: Lanes<Effect>,
  ) {
    this.#run = run
    this.#onAnswer = onAnswer
    this.#onFailure = onFailure
    this.#lanes = lanes
  }

  get waiting(): number {
    return this.#answers.length
  }

  /** Something is under way, or waits to be taken. */
  get isBusy(): boolean {
    return this.inFlight + this.#answers.length + this.#lanes.called.length > 0
  }

  begin(effects: readonly KeyedEffect<Effect>[]): void {
    for (const effect of effects) void this.#runOne(effect)
  }

  take(): readonly EffectAnswer<EffectResult>[] {
    const answers = this.#answers
    if (answers.length > 0) this.#answers = []
    return answers
  }

  async #runOne(keyed: KeyedEffect<Effect>): Promise<void> {
    if (!this.#run) return
    const { key, effect } = keyed
    this.inFlight++
    this.#lanes.begun(effect)
    try {
      const result = await this.#run(effect)
      this.#answers.push({ key, result })
    } catch (error) {
      this.#onFailure(error)
    } finally {
      this.inFlight--
      this.#lanes.ended([keyed])
      this.#onAnswer()
    }
  }
}
