import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Say } from '../../deploy/local/server.ts'
import type { Command, RecordTypes } from '../../services/records/types.ts'
import { type SchemaName, type Topic, topics } from '../../services/topology.ts'
import { type CrashPoint, crashPoints } from '../conformance/crash-points.ts'
import { runSmsc, type Smsc } from '../counterparts/run-smsc.ts'
import { waitFor } from '../support/wait-for.ts'
import {
  type Cell,
  cellsOf,
  isStruck,
  type Trial,
  type TrialEvidence,
  type TrialPurpose,
  trialPurposes,
} from './crash-trial.ts'
import { createFleet, type Fleet, isReady, type Place } from './fleet.ts'
import { readOutputs } from './read-log.ts'
import { openRedisGate, type RedisGate, type Standstill } from './redis-gate.ts'
import type { Servers } from './servers.ts'
import { openSystem, type System } from './system.ts'

const second = 1_000

export interface CrashMatrixOptions {
  readonly servers: Servers
  readonly say: Say
  /** Kills at each point, for each purpose. */
  readonly times: number
  /** Systems side by side, each with its own process, SMSC and topics. */
  readonly systems: number
  /** Told how to end everything that has begun. */
  opened?(close: () => Promise<void>): void
}

export interface CrashMatrix {
  readonly cells: readonly Cell[]
  /** Kills that came to nothing: their point wasn't reached in time, or was passed. */
  readonly missed: number
  readonly minutes: number
}

interface Task {
  readonly point: CrashPoint
  readonly purpose: TrialPurpose
}

/** A system of its own, with one process of deliver in it. */
interface Stage {
  readonly system: System
  readonly fleet: Fleet
  readonly place: Place
  readonly gate: RedisGate
  readonly smsc: Smsc
  readonly trials: Trial[]
  /** When the first message of service was left in doubt that no process has had the time to send again. */
  inDoubtSince: number | undefined
}

/** A kill that misses its point is made up for so many times over all. */
const missedMost = 0.2
/** Longer than a start, a take-over and a send. */
const reachedWithinMs = 240 * second
/** Deliver waits two minutes for the answer to a send of a process that is gone, and three times for one of service. */
const settledWithinMs = 600 * second
/** So long after that no trial begins: its kill would strike messages of others that are sent again, too. */
const aloneMs = 60 * second

/**
 * Kills deliver with SIGKILL where one command stands: what stands still is Redis's answer, or the SMSC's, and never anything in
 * deliver. Then it is started again, and what became of each command is read from the log and from the SMSC.
 */
export async function runCrashMatrix(options: CrashMatrixOptions): Promise<CrashMatrix> {
  const { say, times, systems } = options
  const started = performance.now()
  const ends: (() => Promise<unknown>)[] = []
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= (async () => {
      for (const end of ends.toReversed()) await end()
    })()
    return closing
  }
  options.opened?.(close)
  try {
    const stages = await Promise.all(Array.from({ length: systems }, () => openStage(options, ends)))
    const tasks = trialPurposes.flatMap((purpose) =>
      Array.from({ length: times }, () => crashPoints.map((point): Task => ({ point, purpose }))).flat(),
    )
    let missed = 0
    const missedAtMost = Math.max(8, missedMost * tasks.length)
    async function work(stage: Stage): Promise<void> {
      for (let task = tasks.shift(); task; task = tasks.shift()) {
        if (stage.inDoubtSince !== undefined && Date.now() > stage.inDoubtSince + aloneMs) await settle(stage)
        if (await tryOnce(stage, task)) continue
        missed++
        say(`not struck: ${task.purpose}, ${task.point}`)
        if (missed <= missedAtMost) tasks.push(task)
      }
    }
    await Promise.all(stages.map(work))
    say('all kills are done; what is in doubt is waited for')
    const evidence = joined(await Promise.all(stages.map(settle)))
    const trials = stages.flatMap((stage) => stage.trials)
    return { cells: cellsOf(trials, evidence), missed, minutes: (performance.now() - started) / (60 * second) }
  } finally {
    await close()
  }
}

async function openStage({ servers }: CrashMatrixOptions, ends: (() => Promise<unknown>)[]): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'keymoment-crashes-'))
  ends.push(async () => rmSync(folder, { recursive: true, force: true }))
  // What is reported comes when its process has been killed.
  const smsc = await runSmsc({ options: { 'receipt-ms': 5 * second } })
  ends.push(smsc.stop)
  const gate = await openRedisGate(servers.redisUrl)
  ends.push(gate.close)
  const behindGate = { ...servers, redisUrl: gate.url }
  const system = await openSystem({ servers: behindGate, folder, smppUrl: smsc.url, graceMs: second, quiet: [] })
  ends.push(system.close)
  const fleet = await createFleet(system.settingsFile, [['deliver']])
  ends.push(fleet.stop)
  const [place] = fleet.places as readonly [Place]
  // A shard begins before there is anything to send.
  await fleet.startAll()
  await waitFor('deliver to be ready', () => isReady(place), { deadlineMs: 300 * second, everyMs: 100 })
  await fleet.halt()
  return { system, fleet, place, gate, smsc, trials: [], inDoubtSince: undefined }
}

/** @returns whether the kill struck its point, as the log and the SMSC have it */
async function tryOnce(stage: Stage, { point, purpose }: Task): Promise<boolean> {
  const { system, fleet, place, gate, smsc, trials } = stage
  const { command, number, address } = commandOf(purpose)
  if (purpose === 'service') stage.inDoubtSince ??= Date.now()
  const standstill = standstillAt(point, command)
  const reached = standstill ? gate.standstill(standstill) : untilTaken(smsc, number)
  await give(system, topics.addresses, address)
  await give(system, topics.commands.sms, command)
  await fleet.start(place)
  const isReached = await Promise.race([reached.then(() => true), afterMs(reachedWithinMs, false)])
  const killedAt = Date.now()
  await fleet.kill(place)
  gate.open()
  const trial = { point, purpose, command, number, killedAt }
  trials.push(trial)
  return isReached && isStruck(trial, await evidenceOf(stage))
}

/** Undefined: it is the SMSC which stands still. */
function standstillAt(point: CrashPoint, { command_id, subscriber_id }: Command): Standstill | undefined {
  // As an outbox has it: the topic, and the key behind it.
  const isPutOut = ({ name }: Topic) => [name + subscriber_id]
  switch (point) {
    case 'before the attempt is logged':
      return { words: isPutOut(topics.attempts), at: 'unheard' }
    case 'between the log and the send':
      // Whom the message is for is noted first of all.
      return { words: [`"commandId":"${command_id}"`, 'address:'], at: 'unsaid' }
    case 'between the send and its answer':
      return undefined
    case 'between the answer and the receipt':
      return { words: isPutOut(topics.receipts), at: 'unsaid' }
  }
}

async function untilTaken(smsc: Smsc, number: string): Promise<void> {
  smsc.set('silent', number)
  const isTaken = () => smsc.submits().some(({ destination }) => destination === number)
  await waitFor('the submit', isTaken, { deadlineMs: 2 * reachedWithinMs }).catch(() => undefined)
  smsc.set('silent', 'none')
}

async function give<Name extends SchemaName>(
  system: System,
  topic: Topic & { readonly schema: Name },
  value: RecordTypes[Name] & { readonly subscriber_id: string },
): Promise<void> {
  await system.append?.((codec) => ({
    topic: topic.name,
    key: value.subscriber_id,
    value: codec.encode(topic, value),
  }))
}

let given = 0

/** A command of a subscriber of its own, good for longer than all of this takes. */
function commandOf(purpose: TrialPurpose) {
  const n = ++given
  const now = Date.now()
  const subscriber_id = `crash-${n}-`
  const number = `49151${20_000_000 + n}`
  const command: Command = {
    command_id: `command-${n}-of-${now}`,
    subscriber_id,
    issued_at: now,
    outreach_id: `outreach-${n}`,
    moment_id: `moment-${n}`,
    decision_id: `decision-${n}`,
    channel: 'sms',
    purpose,
    rule: 'crashes',
    text: `message ${n}`,
    language: 'en',
    not_after: now + 3_600 * second,
    attempt: 1,
  }
  const address = { event_id: `address-${n}`, subscriber_id, event_time: now - second, source: 'chaos' }
  return { command, number, address: { ...address, sms: `+${number}`, ivr: null, push: null } }
}

/** Lets deliver live until of each command is told what became of it, and stops it in order. */
async function settle(stage: Stage): Promise<TrialEvidence> {
  const { fleet } = stage
  await fleet.startAll()
  const evidence = await untilTold(stage)
  await fleet.halt()
  stage.inDoubtSince = undefined
  return evidence
}

/** @returns what there is when all is told, or when it should long be told */
async function untilTold(stage: Stage): Promise<TrialEvidence> {
  const { trials } = stage
  const until = Date.now() + settledWithinMs
  for (;;) {
    const evidence = await evidenceOf(stage)
    const told = new Set(evidence.outputs.receipts.map(({ value }) => value.command_id))
    const isSettled = trials.every(({ command }) => told.has(command.command_id))
    if (isSettled || Date.now() > until) return evidence
    await afterMs(2 * second, undefined)
  }
}

const evidenceOf = async ({ system, fleet, smsc }: Stage): Promise<TrialEvidence> => ({
  outputs: await system.look(fleet, readOutputs),
  submits: smsc.submits(),
})

/** Commands and numbers are of one system each. */
const joined = (all: readonly TrialEvidence[]): TrialEvidence => ({
  outputs: {
    attempts: all.flatMap(({ outputs }) => outputs.attempts),
    receipts: all.flatMap(({ outputs }) => outputs.receipts),
  },
  submits: all.flatMap(({ submits }) => submits),
})

const afterMs = <T>(millis: number, value: T): Promise<T> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(value), millis)
  })
