import type { Command } from '../../services/records/types.ts'
import { type CrashPoint, crashPoints } from '../conformance/crash-points.ts'
import type { Submit } from '../counterparts/run-smsc.ts'
import type { Outputs } from './read-log.ts'

/** Whose messages mustn't leave twice, and whose must leave. */
export const trialPurposes = ['marketing', 'service'] as const
export type TrialPurpose = (typeof trialPurposes)[number]

/** One command, and a process that is killed while it sends that. */
export interface Trial {
  readonly point: CrashPoint
  readonly purpose: TrialPurpose
  readonly command: Command
  /** E.164 without the plus sign; nobody else's. */
  readonly number: string
  /** Milliseconds since 1970: until then it lived. */
  readonly killedAt: number
}

/** What is on the log, and what the SMSC took. */
export interface TrialEvidence {
  readonly outputs: Pick<Outputs, 'attempts' | 'receipts'>
  readonly submits: readonly Submit[]
}

/** What came of the trials of one point and purpose. */
export interface Cell {
  readonly point: CrashPoint
  readonly purpose: TrialPurpose
  /** Kills that struck the point, by what was on the log and with the SMSC at that instant. */
  readonly kills: number
  /** Commands by how often their message left. */
  readonly left: { readonly never: number; readonly once: number; readonly moreOften: number }
  /** Commands of which it was told that their message was accepted or delivered; that nobody knows; nothing at all. */
  readonly told: { readonly accepted: number; readonly unknown: number; readonly nothing: number }
  /** Commands of which something was told that isn't so. */
  readonly toldFalsely: number
}

/** Whether the kill struck its point. */
export function isStruck({ point, command, number, killedAt }: Trial, { outputs, submits }: TrialEvidence): boolean {
  const { command_id } = command
  const before = <T extends { readonly command_id: string }>(
    records: readonly { readonly value: T; readonly appendedAt: number }[],
  ) => records.some(({ value, appendedAt }) => value.command_id === command_id && appendedAt <= killedAt)
  const taken = submits.filter(({ destination, at }) => destination === number && at <= killedAt)
  const reached = [
    before(outputs.attempts),
    taken.length > 0,
    taken.some(({ answer }) => answer === '00'),
    before(outputs.receipts),
  ]
  const passed = crashPoints.indexOf(point)
  return reached.every((isReached, i) => isReached === i < passed)
}

/** In the order of the points; only trials that struck their point count. */
export function cellsOf(trials: readonly Trial[], evidence: TrialEvidence): readonly Cell[] {
  return crashPoints.flatMap((point) =>
    trialPurposes.map((purpose) => {
      const own = trials.filter((trial) => trial.point === point && trial.purpose === purpose)
      return cellOf(
        point,
        purpose,
        own.filter((trial) => isStruck(trial, evidence)),
        evidence,
      )
    }),
  )
}

function cellOf(point: CrashPoint, purpose: TrialPurpose, trials: readonly Trial[], evidence: TrialEvidence): Cell {
  const ends = trials.map(({ command, number }) => {
    const { receipts } = evidence.outputs
    const statuses = receipts.flatMap(({ value }) => (value.command_id === command.command_id ? value.status : []))
    return {
      times: evidence.submits.filter(({ destination, answer }) => destination === number && isTaken(answer)).length,
      isAccepted: statuses.some((status) => status === 'accepted' || status === 'delivered'),
      isUnknown: statuses.includes('unknown'),
      isDenied: statuses.some((status) => status === 'failed' || status === 'expired'),
      isTold: statuses.length > 0,
    }
  })
  const count = (is: (end: (typeof ends)[number]) => boolean) => ends.filter(is).length
  return {
    point,
    purpose,
    kills: trials.length,
    left: {
      never: count(({ times }) => times === 0),
      once: count(({ times }) => times === 1),
      moreOften: count(({ times }) => times > 1),
    },
    told: {
      accepted: count(({ isAccepted }) => isAccepted),
      unknown: count(({ isAccepted, isUnknown }) => !isAccepted && isUnknown),
      nothing: count(({ isTold }) => !isTold),
    },
    toldFalsely: count(({ times, isAccepted, isDenied }) => (times === 0 ? isAccepted : isDenied)),
  }
}

const isTaken = (answer: string): boolean => answer === '00' || answer === 'silent'

/** What of a cell isn't as it was promised. */
export function faultsOf({ point, purpose, left, told, toldFalsely }: Cell): readonly string[] {
  const faults = [
    purpose === 'marketing' && left.moreOften > 0 && `${left.moreOften} left more than once`,
    purpose === 'service' && left.never > 0 && `${left.never} never left`,
    told.nothing > 0 && `of ${told.nothing} nothing was told`,
    toldFalsely > 0 && `of ${toldFalsely} something was told that isn't so`,
  ]
  return faults.flatMap((fault) => (fault === false ? [] : `${purpose}, ${point}: ${fault}`))
}
