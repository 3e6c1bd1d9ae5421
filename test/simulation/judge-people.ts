import { clockToleranceMs } from './judge.ts'
import { iso } from './judge-moments.ts'
import { type Issued, isFailure, type Outreach } from './outreach.ts'

/** One pool of leads: what a person works on, nobody else is asked to do, and the engine doesn't speak of. */
export function peopleJudged({ commands, receipts }: Outreach): string[] {
  const tasks = commands.filter(({ command }) => command.task != null)
  return tasks.flatMap(({ command: task }) => {
    const over = endOf(task.command_id, task.task?.closes_at ?? 0)
    return commands.flatMap(({ command }: Issued) => {
      const { moment_id, purpose, channel, rule, campaign, offer, issued_at } = command
      const isOther = command.subscriber_id === task.subscriber_id && moment_id !== task.moment_id
      if (!isOther || channel === 'desk' || (purpose !== 'marketing' && purpose !== 'care')) return []
      const isSame = rule === task.rule || offer === task.offer || (campaign != null && campaign === task.campaign)
      if (!isSame || issued_at < task.issued_at || issued_at + clockToleranceMs >= over) return []
      const what = command.task ? 'a second task' : `a message by ${channel}`
      return [`${what} of the same matter: ${rule} at ${iso(issued_at)}, open since ${iso(task.issued_at)}`]
    })
  })

  function endOf(id: string, closesAt: number): number {
    const ends = (receipts.get(id) ?? []).filter(({ value }) => isFailure(value) || value.status === 'answered')
    return Math.min(closesAt, ...ends.map(({ appendedAt }) => appendedAt))
  }
}
