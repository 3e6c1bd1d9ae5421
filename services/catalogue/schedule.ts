import { CodedError, isCoded } from '../domain/errors.ts'
import type { Activation } from '../rules/activation.ts'
import type { Catalogue } from '../rules/catalogue.ts'

/** A version with its place in time. */
export interface Scheduled extends Activation {
  /** 1, 2, 3 and so on, in the order of publication. */
  readonly number: number
  /** The content; loaded on the spot, for which everything else waits, where nobody had it loaded before. @throws CodedError it can't be used here */
  catalogue(): Catalogue
}

/** The version for an instant. */
export interface InForce extends Activation {
  readonly number: number
  readonly catalogue: Catalogue
  /** From this clock on another version is in force; Infinity: none is known. */
  readonly until: number
  /** Tells that this process can't use the version after all: it goes on with the one before. */
  refuse(error: unknown): void
}

export interface Schedule {
  /**
   * What is in force at a clock: of the versions that are active by then the one published last. So a version that is to
   * become active earlier than one published before it takes that one's place for good.
   * @throws CodedError KM_CATALOGUE_NONE
   */
  at(clock: number): InForce
  /** What a version takes the place of when it becomes active at a clock. @throws CodedError KM_CATALOGUE_NONE */
  before(number: number, clock: number): InForce
  /** Number of what `at` (or, with `below`, `before`) would give, whether it is loaded or not; undefined: there is none. */
  numberAt(clock: number, below?: number): number | undefined
  /** A version can't be used here: what was before it goes on. Told once. */
  refuse(number: number, error: unknown): void
  /** Adds a version; one of a number that is there already takes its place. */
  add(version: Scheduled): void
  /** Why versions can't be used here, by number. */
  readonly refused: ReadonlyMap<number, unknown>
}

/** An answer holds for the clocks in [from, inForce.until). */
interface Answer {
  readonly from: number
  readonly inForce: InForce
}

/** Versions by the time at which they become active. `onRefused` is told of each that can't be used in this process. */
export function createSchedule(onRefused: (number: number, error: unknown) => void = () => undefined): Schedule {
  /** By number. */
  let versions: Scheduled[] = []
  const refused = new Map<number, unknown>()
  /** Answers of late: shards ask for the same few again and again. */
  let answers: Answer[] = []

  function refuse(number: number, error: unknown): void {
    if (refused.has(number)) return
    refused.set(number, error)
    answers = []
    onRefused(number, error)
  }

  const usableBelow = (number: number) => versions.filter((one) => one.number < number && !refused.has(one.number))
  const activeAt = (usable: readonly Scheduled[], clock: number) =>
    usable.findLast(({ activatedAt }) => activatedAt <= clock) ?? usable[0]

  function find(clock: number, below = Number.POSITIVE_INFINITY): Answer {
    for (;;) {
      const usable = usableBelow(below)
      const version = activeAt(usable, clock)
      if (!version) throw new CodedError('KM_CATALOGUE_NONE', 'no version of the catalogue can be used here')
      const later = usable.filter(({ number, activatedAt }) => number > version.number && activatedAt > clock)
      const until = Math.min(...later.map(({ activatedAt }) => activatedAt))
      try {
        const { number, activatedAt, rulesSince, changedSince } = version
        const refuseIt = (error: unknown) => refuse(number, error)
        const catalogue = version.catalogue()
        const inForce = { number, activatedAt, rulesSince, changedSince, catalogue, until, refuse: refuseIt }
        // Before the first version is active it is in force all the same.
        return { from: activatedAt <= clock ? activatedAt : clock, inForce }
      } catch (error) {
        refuse(version.number, error)
      }
    }
  }

  return {
    refused,
    refuse,
    numberAt: (clock, below = Number.POSITIVE_INFINITY) => activeAt(usableBelow(below), clock)?.number,
    at(clock) {
      const known = answers.find(({ from, inForce }) => clock >= from && clock < inForce.until)
      if (known) return known.inForce
      const answer = find(clock)
      answers = [answer, ...answers.slice(0, answersKept - 1)]
      return answer.inForce
    },
    before: (number, clock) => find(clock, number).inForce,
    add(version) {
      versions = [...versions.filter(({ number }) => number !== version.number), version].sort(
        (a, b) => a.number - b.number,
      )
      answers = []
    },
  }
}

const answersKept = 4

/** Undefined where no version can be used. */
export function orNone(ask: () => InForce): InForce | undefined {
  try {
    return ask()
  } catch (error) {
    if (isCoded(error, 'KM_CATALOGUE_NONE')) return undefined
    throw error
  }
}
