import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DecideOutput, isDecision, isOutcome } from '../../services/decide/outputs.ts'
import { createDecideStep, type DecideStep } from '../../services/decide/step.ts'
import type { Command, Decision, Moment } from '../../services/records/types.ts'
import { topics } from '../../services/topology.ts'
import { catalogueWith, purposes } from './catalogue.ts'
import { commandsOf, decisionsOf, outcomesOf, policies, run, type Said, streams, type Timed } from './streams.ts'

const repeated = (ids: readonly string[]) => ids.filter((id, i) => ids.indexOf(id) !== i)

const said = ({ decision_id, command_id, moment_id, channel, offer, text, rule, purpose }: Command | Decision) =>
  [decision_id, command_id, moment_id, channel, offer, text, rule, purpose].join(' ')

const isCommand = (output: DecideOutput) => !isDecision(output) && !isOutcome(output)

/** What the log got of an interrupted run: outputs go to it commit by commit, of each the commands before the decisions, and these before outcomes. */
function relayed(said: readonly Said[], commits: readonly number[], share: number) {
  const outputs: DecideOutput[] = []
  for (let i = 0, n = 0; i < said.length; n++) {
    const size = commits[n % commits.length] ?? 1
    const commit = said.slice(i, i + size).flatMap((one) => one.outputs)
    outputs.push(...commit.filter(isCommand), ...commit.filter(isDecision), ...commit.filter(isOutcome))
    i += size
  }
  return outputs.slice(0, Math.round(share * outputs.length))
}

type Fault = typeof faults extends fc.Arbitrary<infer T> ? T : never
const faults = fc.record({
  /** Behind which input the store was saved. */
  cut: fc.nat(),
  /** Inputs a commit. */
  commits: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 }),
  /** How much of what came out since is on the log. */
  share: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
  later: fc.nat({ max: 72 * 3_600_000 }),
  relaxed: fc.boolean(),
  commandsFirst: fc.boolean(),
})

/**
 * A run whose store goes back to what was saved behind some inputs: what was said `before`, and what is on the `log` of
 * what was said since, in the order in which the owner reads it.
 */
function interrupted(
  step: DecideStep,
  stream: readonly Timed[],
  { cut, commits, share, commandsFirst }: Pick<Fault, 'cut' | 'commits' | 'share' | 'commandsFirst'>,
) {
  const whole = run(step, stream)
  const back = cut % stream.length
  const until = stream[back - 1]?.at
  // Timers that ran between the inputs count.
  const before = until === undefined ? [] : run(step, stream.slice(0, back)).filter(({ at }) => at <= until)
  const log = relayed(whole.slice(before.length), commits, share)
  const decided = log.filter(isDecision)
  const commanded = log.filter(isCommand)
  const told = log.filter(isOutcome)
  return {
    end: whole.at(-1)?.at ?? 0,
    before,
    rest: stream.slice(back),
    state: before.at(-1)?.state ?? step.initial,
    log: [...(commandsFirst ? [...commanded, ...decided] : [...decided, ...commanded]), ...told],
    decisions: [...decisionsOf(before), ...decided.map(({ value }) => value)],
    commands: [...commandsOf(before), ...commanded.map(({ value }) => value as Command)],
    outcomes: [...outcomesOf(before), ...told.map(({ value }) => value)],
  }
}

/** Commands whose decision is not there. */
const alone = ({ decisions, commands }: { decisions: readonly Decision[]; commands: readonly Command[] }) => {
  const ids = new Set(decisions.map(({ command_id }) => command_id))
  return commands.filter(({ command_id }) => !ids.has(command_id)).length
}

describe('a state that went back', () => {
  it('adopts what is on the log, decides nothing twice and loses nothing, wherever the log breaks off', () => {
    const seen = { adopted: 0, commandsAlone: 0, outcomes: 0 }
    fc.assert(
      fc.property(policies, streams, faults, (policy, stream, fault) => {
        const step = createDecideStep(catalogueWith(policy))
        const found = interrupted(step, stream, fault)
        const wall = found.end + fault.later
        // The replay may come out differently: under another policy, too, nothing is said twice.
        const relaxed = createDecideStep(catalogueWith({ quietHours: [], caps: [], gaps: {} }))
        const replayer = fault.relaxed ? relaxed : step
        let { state } = found
        for (const output of [...found.log, ...found.log]) {
          state = replayer.adopt(state, output, { clock: 0, now: wall })
        }
        const again = run(replayer, found.rest, state, wall)

        const decisions = [...found.decisions, ...decisionsOf(again)]
        const commands = [...found.commands, ...commandsOf(again)]
        expect(repeated(commands.map(({ moment_id }) => moment_id))).toEqual([])
        expect(repeated(decisions.map(({ decision_id }) => decision_id))).toEqual([])
        const last = decisions.filter(({ outcome }) => outcome !== 'deferred')
        expect(repeated(last.map(({ moment_id }) => moment_id))).toEqual([])
        const given = stream.flatMap(({ input }) => (input.type === 'moment' ? [input.value.moment_id] : []))
        expect(new Set(last.map(({ moment_id }) => moment_id))).toEqual(new Set(given))
        // Each command has its decision and each such decision its command, and they say the same.
        const pairs = last.filter(({ outcome }) => outcome === 'command').map(said)
        expect(new Set(pairs)).toEqual(new Set(commands.map(said)))
        expect((again.at(-1)?.state ?? state).unrecorded).toEqual([])
        // What became of a command is told once; that it was made, of each to which answers are awaited.
        const outcomes = [...found.outcomes, ...outcomesOf(again)]
        expect(repeated(outcomes.map(({ outcome_id }) => outcome_id))).toEqual([])
        const exposed = outcomes.flatMap(({ outcome, command_id }) => (outcome === 'exposed' ? [command_id] : []))
        const awaited = commands.flatMap(({ command_id, awaits }) => (awaits ? [command_id] : []))
        expect(new Set(exposed)).toEqual(new Set(awaited))
        seen.outcomes += outcomes.length - exposed.length

        seen.adopted += found.log.length
        seen.commandsAlone += alone(found)
      }),
      { numRuns: 400 },
    )
    expect(seen.adopted).toBeGreaterThan(100)
    expect(seen.commandsAlone).toBeGreaterThan(20)
    expect(seen.outcomes).toBeGreaterThan(20)
  })

  it("keeps a rule's once though the replay finds other moments", () => {
    const seen = { commandsAlone: 0, repeated: 0 }
    const hours = fc.integer({ min: 1, max: 40 }).map((h) => h * 3_600_000)
    const lengths = fc.oneof(fc.constant('lifetime' as const), hours)
    const others = fc.array(fc.record({ like: fc.nat(), earlier: fc.nat({ max: 20 * 3_600_000 }) }), { maxLength: 20 })
    fc.assert(
      fc.property(policies, streams, faults, lengths, others, (policy, stream, fault, once, differently) => {
        const found = interrupted(createDecideStep(catalogueWith(policy, once)), stream, fault)
        const moments = stream.flatMap(({ input }) =>
          input.type === 'moment' && !input.value.do_not_disturb ? [input.value] : [],
        )
        // Moments stay on their topic; what detect finds in another way comes behind them.
        const at = stream.at(-1)?.at ?? 0
        const further = differently.flatMap(({ like, earlier }, i): readonly Moment[] => {
          const moment = moments[like % moments.length]
          if (!moment) return []
          return [{ ...moment, moment_id: `other${i}`, at: moment.at - earlier, expires_at: at + 3_600_000 }]
        })
        const rest = [...found.rest, ...further.map((value): Timed => ({ at, input: { type: 'moment', value } }))]
        const replayer = createDecideStep(catalogueWith({ quietHours: [], caps: [], gaps: {} }, once))
        let { state } = found
        for (const output of found.log) state = replayer.adopt(state, output, { clock: 0, now: at })
        const again = run(replayer, rest, state, at)

        const times = new Map([...moments, ...further].map((moment) => [moment.moment_id, moment.at]))
        const commands = [...found.commands, ...commandsOf(again)]
        for (const rule of purposes) {
          const contacts = commands
            .flatMap((command) => (command.rule === rule ? [times.get(command.moment_id) ?? Number.NaN] : []))
            .sort((a, b) => a - b)
          const apart = Math.min(...contacts.slice(1).map((contact, i) => contact - (contacts[i] ?? 0)))
          if (once === 'lifetime') expect(contacts.length).toBeLessThan(2)
          else expect(apart).toBeGreaterThanOrEqual(once)
        }
        seen.repeated += decisionsOf(again).filter(({ code }) => code === 'repeated').length
        seen.commandsAlone += alone(found)
      }),
      { numRuns: 400 },
    )
    expect(seen.commandsAlone).toBeGreaterThan(20)
    expect(seen.repeated).toBeGreaterThan(100)
  })

  it('counts the touches that it adopts', () => {
    fc.assert(
      fc.property(policies, streams, (policy, stream) => {
        const step = createDecideStep(catalogueWith(policy))
        const whole = run(step, stream)
        const end = whole.at(-1)?.at ?? 0
        let adopted = step.initial
        for (const value of decisionsOf(whole)) {
          adopted = step.adopt(adopted, { topic: topics.decisions, value }, { clock: 0, now: end })
        }
        const touches = adopted.touches.map(({ command_id, purpose, at, state }) => ({
          command_id,
          purpose,
          at,
          state,
        }))
        const reserved = commandsOf(whole).map(({ command_id, purpose, issued_at }) => ({
          command_id,
          purpose,
          at: issued_at,
          state: 'reserved',
        }))
        expect(touches).toEqual(reserved)
      }),
      { numRuns: 100 },
    )
  })

  it('comes to the same states and decisions when the inputs are repeated from the start', () => {
    fc.assert(
      fc.property(policies, streams, (policy, stream) => {
        const step = createDecideStep(catalogueWith(policy))
        expect(run(step, stream)).toEqual(run(step, stream))
      }),
      { numRuns: 20 },
    )
  })
})
