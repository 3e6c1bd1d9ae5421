import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createBook } from '../../services/desk/book.ts'
import type { DeskOutput } from '../../services/desk/outputs.ts'
import type { DeskState } from '../../services/desk/state.ts'
import { initialState } from '../../services/desk/state.ts'
import { createDeskStep, type DeskInput } from '../../services/desk/step.ts'
import type { TaskEntry } from '../../services/desk/task-entry.ts'
import type { Command, DeskAct } from '../../services/records/types.ts'
import { keptState } from '../support/kept-state.ts'

const minute = 60_000
const hour = 60 * minute
const start = Date.parse('2026-03-02T01:00Z')
const step = createDeskStep()
const kept = keptState<DeskState>(step.stateSchema)

const command = (id: string, at: number): Command => ({
  command_id: id,
  subscriber_id: 's',
  issued_at: at,
  outreach_id: 'o',
  moment_id: 'm',
  decision_id: 'd',
  channel: 'task',
  purpose: 'marketing',
  rule: 'r',
  text: 'Say it',
  language: 'en',
  not_after: at + 30 * hour,
  attempt: 1,
  task: {
    kind: 'talk',
    title: 'Talk',
    tier: 'priority',
    team: 'best',
    due_at: at + 4 * hour,
    closes_at: at + 30 * hour,
    attempts_most: 3,
    holds: 'matter',
    script: null,
  },
})

let acts = 0
const act = (what: string, at: number, of = 't'): DeskAct => {
  const [agent = '', action = '', means, due] = what.split(' ')
  return {
    act_id: `a${++acts}`,
    subscriber_id: 's',
    acted_at: at,
    of: 'task',
    command_id: of,
    action: action as 'take',
    agent,
    ...(means !== undefined && { code: means, means: means as 'done' }),
    due_at: due === undefined ? null : at + Number(due) * hour,
    channels: [],
  }
}

/** Lines as `+1h  anna take`; what the step says of each stands behind `=>`. */
function play(table: string): readonly string[] {
  let state = step.handle(initialState, { type: 'command', value: command('t', start) }, atTime(start)).state
  return table
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [time = '', what = ''] = (line.split('=>')[0] ?? '').trim().split(/\s{2,}/)
      const now = start + Number(time.slice(1, -1)) * (time.endsWith('h') ? hour : minute)
      const outputs: DeskOutput[] = []
      const take = (result: ReturnType<typeof step.handle>) => {
        state = kept(result.state)
        outputs.push(...(result.outputs ?? []))
      }
      while (step.nextDue(state) <= now) take(step.timer(state, atTime(now)))
      if (what.startsWith('withdrawn ')) take(step.handle(state, takenBack(what.slice(10), now), atTime(now)))
      else if (what !== '-') take(step.handle(state, { type: 'desk-act', value: act(what, now) }, atTime(now)))
      const said = outputs.map(textOf).join(', ') || 'nothing'
      return `${time}  ${what} => ${said}`
    })
}
const takenBack = (cancelled_because: string, at: number, of = 't') =>
  ({ type: 'command', value: { ...command(of, at), task: null, cancelled_because } }) as const

const atTime = (now: number) => ({ now, clock: now })

function textOf({ value }: DeskOutput): string {
  if ('receipt_id' in value) return `${value.status}${value.code == null ? '' : ` ${value.code}`}`
  return 'source' in value ? `reply ${value.action}` : value.phase
}

const lines = (table: string) =>
  table
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

describe('tasks', () => {
  test.each([
    `
    +1h  anna take => nothing
    +2h  anna result accepted => answered accepted, reply accepted
    +3h  anna result accepted => nothing
    +4h  ben result refused => nothing
    `,
    `
    +1h  anna result not-reached => nothing
    +2h  anna result not-reached => nothing
    +3h  anna result not-reached => failed not-reached
    `,
    `
    +1h  anna result intends => delivered intends, reply intends
    +2h  anna result call-back 2 => delivered call-back
    +4h  ben result refused => answered refused, reply refused
    `,
    `
    +1h  anna result wrong-person => failed wrong-person
    `,
    `
    +1h  anna result done => answered done
    `,
    // Given up a minute behind its time; a result given in time that comes late is taken all the same.
    `
    +1h  anna take => nothing
    +30h  anna result done => nothing
    +1801m  - => expired not-worked
    +40h  ben take => nothing
    `,
    // Who leaves it lying for eight hours loses it.
    `
    +1h  anna take => nothing
    +2h  ben result done => nothing
    +9h  ben take => nothing
    +10h  anna result done => nothing
    +11h  ben result done => answered done
    `,
    // A call back when it is given up already is none.
    `
    +1h  anna result call-back 40 => nothing
    +2h  anna result call-back => nothing
    +3h  anna result call-back 3 => delivered call-back
    `,
    // Decide takes it back: who has it says how it went all the same, and it isn't given up a second time.
    `
    +1h  anna take => nothing
    +2h  withdrawn consent => failed withdrawn
    +3h  withdrawn consent => nothing
    +4h  anna result accepted => answered accepted, reply accepted
    +1801m  - => nothing
    `,
    // What was said before it stands.
    `
    +1h  anna result done => answered done
    +2h  withdrawn consent => nothing
    +3h  boss withdraw => nothing
    `,
    `
    +1h  boss withdraw => failed cancelled
    +2h  boss withdraw => nothing
    +3h  withdrawn consent => nothing
    +31h  - => nothing
    `,
    `
    +1h  anna result not-reached => nothing
    +2h  anna result not-reached => nothing
    +3h  boss withdraw => failed cancelled
    +4h  anna result not-reached => nothing
    `,
    `
    +1801m  - => expired not-worked
    +31h  boss withdraw => nothing
    +32h  withdrawn consent => nothing
    `,
  ])('%s', (table) => {
    expect(play(table)).toEqual(lines(table))
  })

  test('a command that comes twice is one task, and an act that comes twice is done once', () => {
    const first = step.handle(initialState, { type: 'command', value: command('t', start) }, atTime(start)).state
    const again = step.handle(first, { type: 'command', value: command('t', start) }, atTime(start))
    expect(again.state).toEqual(first)
    const said = act('anna result not-reached', start + hour)
    const once = step.handle(first, { type: 'desk-act', value: said }, atTime(start + hour))
    const twice = step.handle(once.state, { type: 'desk-act', value: said }, atTime(start + hour))
    expect(twice).toEqual({ state: once.state })
  })

  test('what is listed is what the step knows, whatever people do, and a replay says the same', () => {
    const someAct = fc.record({
      after: fc.integer({ min: 0, max: 9 * hour }),
      what: fc.constantFrom(
        'anna take',
        'ben take',
        'anna give-back',
        'anna result accepted',
        'ben result not-reached',
        'anna result call-back 2',
        'ben result follow-up',
        'ben result opted-out',
        'boss withdraw',
        'withdrawn',
      ),
      twice: fc.boolean(),
      of: fc.constantFrom('t', 'u'),
    })
    fc.assert(
      fc.property(fc.array(someAct, { maxLength: 25 }), (given) => {
        let at = start
        const inputs: (readonly [number, DeskInput])[] = ['t', 'u'].map((id) => [
          at,
          { type: 'command', value: command(id, at) },
        ])
        for (const { after, what, twice, of } of given) {
          at += after
          const input: DeskInput =
            what === 'withdrawn' ? takenBack('consent', at, of) : { type: 'desk-act', value: act(what, at, of) }
          inputs.push([at, input], ...(twice ? [[at, input] as const] : []))
        }
        const [once, again] = [runAll(inputs), runAll(inputs)]
        expect(again).toEqual(once)
        const book = createBook()
        // The list reads the topics beside each other: acts may come before their task.
        for (const [, input] of inputs) if (input.type === 'desk-act') book.takeAct(input.value)
        for (const [, input] of inputs) if (input.type === 'command') book.takeCommand(input.value)
        for (const { is_given_up: _, ...entry } of once.state.tasks)
          expect(outcomeOf(book.task(entry.id)?.entry)).toEqual(outcomeOf(entry))
        const ids = once.outputs.flatMap(({ value }) =>
          'receipt_id' in value && value.status !== 'delivered' ? [value.command_id + value.status] : [],
        )
        expect(new Set(ids).size).toBe(ids.length)
      }),
    )
  })
})

/** When it was withdrawn, and why, depends on which of two withdrawals is read first; what is done is done either way. */
const outcomeOf = (entry: TaskEntry | undefined) =>
  entry && { ...entry, withdrawn_at: entry.phase !== 'done' && entry.withdrawn_at !== null, withdrawn_because: null }

function runAll(inputs: readonly (readonly [number, DeskInput])[]) {
  let state = initialState
  const outputs: DeskOutput[] = []
  for (const [now, input] of inputs) {
    while (step.nextDue(state) <= now) {
      const fired = step.timer(state, atTime(now))
      state = fired.state
      outputs.push(...(fired.outputs ?? []))
    }
    const result = step.handle(state, input, atTime(now))
    state = result.state
    outputs.push(...(result.outputs ?? []))
  }
  return { state, outputs }
}
