import { afterWorkingTime } from '../domain/working-time.ts'
import type { Command, Task } from '../records/types.ts'
import type { Catalogue, Policy } from '../rules/catalogue.ts'
import type { HumanChannels, RoutingRow, TaskKind, TaskTier, Team, TierRow } from '../rules/human-channels.ts'
import type { Case } from './gates.ts'

/** Which task it is: what is asked of whom, and until when. */
export interface Assignment {
  readonly kind: TaskKind
  readonly tier: TaskTier
  readonly team: Team
}

/** Whose task the case would be; undefined: its offer is no matter for people, or the policy has none. */
export function assignmentOf({ offer, moment, policy }: Case): Assignment | undefined {
  const { humanChannels: human } = policy
  const kind = human?.tasks.find(({ id }) => id === offer?.task)
  if (!human || !kind) return undefined
  const segments = Object.values(moment.segments)
  const tier = firstFit(human.tiers, kind, segments)?.tier
  const row = tier && firstRoute(human, kind, tier, segments)
  const team = human.teams.find(({ id }) => id === row?.team)
  return tier && team && { kind, tier, team }
}

/** Makes tasks under a catalogue, due by the team's working time and the policy's calendar and zone. */
export function createTasks({ policy, calendars }: Pick<Catalogue, 'policy' | 'calendars'>) {
  const calendar = calendars.find(({ id }) => id === policy.defaultCalendar)
  const place = { zone: policy.defaultTimeZone, calendar }

  return function taskOf(subject: Case, language: string): Task | undefined {
    const found = assignmentOf(subject)
    if (!found) return undefined
    const { kind, tier, team } = found
    const { of, length } = kind.due
    const due_at = of === 'clock' ? subject.now + length : afterWorkingTime(subject.now, length, team, place)
    return {
      kind: kind.id,
      title: inLanguage({ ...kind.title }, language) ?? kind.title.en,
      tier,
      team: team.id,
      due_at,
      closes_at: due_at + kind.closesAfter,
      attempts_most: kind.attemptsMost,
      holds: tier === 'watch' ? 'nothing' : kind.holds,
      script: scriptOf(kind, language, policy),
    }
  }
}

const scriptOf = ({ script }: TaskKind, language: string, { defaultLanguage }: Policy): Command['text'] | null =>
  script
    ? (inLanguage(script, language) ?? inLanguage(script, defaultLanguage) ?? inLanguage(script, 'en') ?? null)
    : null

/** A text in a language, if it is there. */
export const inLanguage = (texts: Readonly<Record<string, string>>, language: string): string | undefined =>
  Object.hasOwn(texts, language) ? texts[language] : undefined

type Fit = Pick<TierRow, 'segments' | 'tasks'>

const fits = (row: Fit, { id }: TaskKind, segments: readonly string[]): boolean =>
  (row.segments.length === 0 || row.segments.some((one) => segments.includes(one))) &&
  (row.tasks.length === 0 || row.tasks.includes(id))

const firstFit = (rows: readonly TierRow[], kind: TaskKind, segments: readonly string[]): TierRow | undefined =>
  rows.find((row) => fits(row, kind, segments))

const firstRoute = (
  { routing }: HumanChannels,
  kind: TaskKind,
  tier: TaskTier,
  segments: readonly string[],
): RoutingRow | undefined =>
  routing.find((row) => fits(row, kind, segments) && (row.tiers.length === 0 || row.tiers.includes(tier)))
