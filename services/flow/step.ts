import type { Topic } from '../topology.ts'
import type { Stand } from './places.ts'

/**
 * A step: what a service does with one input for one subscriber. Pure: it reaches no clock, network, disk or randomness
 * other than what it is handed, and leaves the state that it was given as it was. The same step runs in production,
 * embedded, in simulate and in tests.
 *
 * State is a plain readonly document, encoded by `state` (Avro) under the shard's commit. Deadlines live in it:
 * `nextDue` finds the earliest, and `timer` is called when the shard's clock has reached it.
 */
export interface Step<State, Input, Output, Effect = never, EffectResult = never> {
  /** Avro schema of the state document. */
  readonly stateSchema: object
  readonly initial: State
  /** An input record. @throws CodedError: the record becomes a dead letter, the state stays. */
  handle(state: State, input: Input, at: At): StepResult<State, Output, Effect>
  /** The earliest deadline in the state, in milliseconds since 1970; Infinity if there is none. */
  nextDue(state: State): number
  /** Under which names entries of the state that wait are counted by shard, for `At.lane`: once for each entry and name. */
  waiting?(state: State): readonly string[]
  /** Where the state's entries stand in line for a place outside (`Places`). Whoever is called there comes to `place`. */
  inLine?(state: State): readonly Stand[]
  /** It is the turn of an entry that stands there: `At.lane` has room for one. Nothing need come of it. */
  place?(state: State, stand: Stand, at: At): StepResult<State, Output, Effect>
  /** The clock has reached `nextDue`. Whatever was due must not be due in the state that is returned. */
  timer(state: State, at: At): StepResult<State, Output, Effect>
  /** One of the step's own outputs which is on the log though the state may not know it (it went back). Idempotent. */
  adopt(state: State, output: Output, at: At): State
  /** The result of an effect. Not called for effects whose process ended before they answered: use a timer. */
  effectResult?(state: State, result: EffectResult, at: At): StepResult<State, Output, Effect>
}

export interface At {
  /** The instant to judge policy on: max(shard clock, wall clock). */
  readonly now: number
  /** The shard's clock: greatest time seen, and the wall clock once caught up. */
  readonly clock: number
  /**
   * Since when this shard knows what it did, in milliseconds since 1970: what the service put out before then is lost, and that
   * was accepted by name. Missing: from the beginning.
   */
  readonly knownSince?: number | undefined
  /**
   * The time of day through which all that lay on the log for the service upstream has been heard of here: it was handled there,
   * and what came of it here. Infinity while it keeps up, -Infinity before that is known; missing: nobody is upstream.
   */
  readonly heard?: number | undefined
  /** How busy a lane is in this shard; missing: there is room. */
  readonly lane?: (lane: string) => LaneLoad
}

export interface LaneLoad {
  /** Effects that may be asked for now: there are places outside, and nobody stands in line for them. */
  readonly room: number
  /** Nothing gets through at present, however long one waits. */
  readonly isClosed: boolean
  /** Entries of all subscribers' states that are counted under this name (`Step.waiting`). */
  readonly waiting: number
}

export interface StepResult<State, Output, Effect = never> {
  readonly state: State
  readonly outputs?: readonly Output[]
  /**
   * Run by the runtime after the commit which holds `state` and after the outputs are on the log. At most once: an
   * effect that a crash interrupts is not run again by the runtime.
   */
  readonly effects?: readonly Effect[]
}

/** An input: the decoded record and the topic it came from. `type` is the topic's schema name. */
export interface InputOf<Type extends string, Value> {
  readonly type: Type
  readonly value: Value
}

/** An output record for a topic on the map. */
export interface OutputTo<Value> {
  readonly topic: Topic
  readonly value: Value
}
