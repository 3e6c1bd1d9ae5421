import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDecideStep } from '../../services/decide/step.ts'
import { topics } from '../../services/topology.ts'
import { catalogueWith } from './catalogue.ts'
import { commandsOf, decisionsOf, policies, run, streams } from './streams.ts'

const repeated = (ids: readonly string[]) => ids.filter((id, i) => ids.indexOf(id) !== i)

describe('a state that went back', () => {
  it('adopts what was decided and decides nothing twice', () => {
    let replayed = 0
    fc.assert(
      fc.property(
        policies,
        streams,
        fc.nat(),
        fc.nat({ max: 72 * 3_600_000 }),
        fc.boolean(),
        (policy, stream, cut, later, relaxed) => {
          const step = createDecideStep(catalogueWith(policy))
          const whole = run(step, stream)
          // The stored state is that behind some inputs; what was said since is on the log, the inputs are read again.
          const back = cut % stream.length
          const before = run(step, stream.slice(0, back)).slice(0, lengthUntil(back))
          const since = whole.slice(before.length)
          const lost = decisionsOf(since)
          const wall = (whole.at(-1)?.at ?? 0) + later
          // The replay may come out differently: under another policy, too, nothing is said twice.
          const replayer = relaxed ? createDecideStep(catalogueWith({ quietHours: [], caps: [], gaps: {} })) : step
          let state = before.at(-1)?.state ?? step.initial
          for (const value of [...lost, ...lost]) {
            state = replayer.adopt(state, { topic: topics.decisions, value }, { clock: 0, now: wall })
          }
          const again = run(replayer, stream.slice(back), state, wall)

          const decisions = [...decisionsOf(before), ...lost, ...decisionsOf(again)]
          const commands = [...commandsOf(before), ...commandsOf(since), ...commandsOf(again)]
          expect(repeated(commands.map(({ moment_id }) => moment_id))).toEqual([])
          expect(repeated(decisions.map(({ decision_id }) => decision_id))).toEqual([])
          const last = decisions.filter(({ outcome }) => outcome !== 'deferred').map(({ moment_id }) => moment_id)
          expect(repeated(last)).toEqual([])
          const given = stream.flatMap(({ input }) => (input.type === 'moment' ? [input.value.moment_id] : []))
          expect(new Set(last)).toEqual(new Set(given))
          replayed += lost.length

          /** Records of `whole` up to the inputs before `back`: timers that ran between them count. */
          function lengthUntil(inputs: number): number {
            const cutOff = stream[inputs - 1]?.at
            return cutOff === undefined ? 0 : run(step, stream.slice(0, inputs)).filter(({ at }) => at <= cutOff).length
          }
        },
      ),
      { numRuns: 200 },
    )
    expect(replayed).toBeGreaterThan(100)
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
