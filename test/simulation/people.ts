import { deterministicId } from '../../services/domain/ids.ts'
import type { Codec } from '../../services/records/codec.ts'
import type { Command, DeskAct } from '../../services/records/types.ts'
import { createRandom } from '../../services/sample/random.ts'
import { topics } from '../../services/topology.ts'
import type { SimulatedLog } from './simulated-log.ts'
import type { World } from './world.ts'

const minute = 60_000
const hour = 60 * minute
const lookEveryMs = 2 * minute

type Means = NonNullable<DeskAct['means']>
const endsOfTasks: readonly Means[] = ['accepted', 'refused', 'opted-out', 'not-reached', 'wrong-person', 'done']
const endsOfPrompts: readonly Means[] = ['accepted', 'refused', 'done', 'follow-up']

/**
 * People look at their lists, and at what they are shown during a call. They take tasks, two of them the same one at once now and then,
 * ask for another day, say how it went, or leave a task lying until it is given up.
 */
export function peopleAtWork(world: World, log: SimulatedLog, codec: Codec, seed: number): void {
  const random = createRandom(seed, 7)
  const seen = new Set<string>()
  let number = 0

  const one = <T>(all: readonly [T, ...T[]] | readonly T[]): T => all[random.whole(all.length)] as T

  function act(
    delay: number,
    command: Command,
    said: Pick<DeskAct, 'of' | 'action' | 'agent'> & Partial<DeskAct>,
  ): void {
    const { command_id, subscriber_id } = command
    world.after(delay, `${said.agent} does ${said.action}`, () => {
      const acted_at = Math.floor(world.time)
      const act_id = deterministicId('act', String(number++))
      const value: DeskAct = { act_id, subscriber_id, acted_at, command_id, channels: [], ...said }
      const record = { topic: topics.deskActs.name, key: subscriber_id, value: codec.encode(topics.deskActs, value) }
      log.take([record])
      // As when the answer to a request was lost.
      if (random.chance(0.1)) world.after(random.next() * minute, `${said.agent} repeats it`, () => log.take([record]))
    })
  }

  function work(command: Command): void {
    const agent = `agent-${random.whole(3)}`
    const taken = random.next() * 3 * hour
    if (random.chance(0.2)) return
    act(taken, command, { of: 'task', action: 'take', agent })
    if (random.chance(0.2)) act(taken + random.next() * 10, command, { of: 'task', action: 'take', agent: 'another' })
    let then = taken + random.next() * 2 * hour
    if (random.chance(0.3)) {
      act(then, command, { of: 'task', action: 'result', agent, code: 'interested', means: 'intends' })
      then += random.next() * 4 * hour
    }
    const means = one(endsOfTasks)
    // Three times not reached ends it, too.
    const times = means === 'not-reached' ? 3 : 1
    for (let i = 0; i < times; i++) {
      act(then + i * hour, command, { of: 'task', action: 'result', agent, code: means, means })
    }
  }

  function speak(command: Command): void {
    const agent = `agent-${random.whole(3)}`
    if (random.chance(0.3)) return
    act(random.next() * minute, command, { of: 'prompt', action: 'acknowledge', agent })
    if (random.chance(0.3)) return
    const means = one(endsOfPrompts)
    act(minute + random.next() * 20 * minute, command, { of: 'prompt', action: 'result', agent, code: means, means })
  }

  function look(): void {
    for (const channel of ['task', 'desk'] as const) {
      for (const { value } of log.recordsOf(topics.commands[channel].name)) {
        const command = codec.decode('command', value, 0, value.length)
        if (seen.has(command.command_id) || command.cancelled_because != null) continue
        seen.add(command.command_id)
        if (channel === 'task') work(command)
        else speak(command)
      }
    }
    world.after(lookEveryMs, 'people look', look)
  }
  look()
}
