import { parseBand } from '../domain/blocked-times.ts'
import { didYouMeanOneOf } from '../domain/nearest-name.ts'
import type { WorkingTime } from '../domain/working-time.ts'
import type { Channel } from '../topology.ts'
import { checkSegment, type KnownSegments } from './known-segments.ts'
import type { Text } from './ruleset.ts'
import type { Path } from './source.ts'
import { day, hour, type Subject, second } from './subject.ts'
import { type ResultMeaning, resultsOf, type TaskResult } from './task-results.ts'

export type TaskTier = 'priority' | 'secondary' | 'watch'

/** What people do: who works when, whose task it is and how urgent, what they may answer. */
export interface HumanChannels {
  readonly teams: readonly Team[]
  /** The first that fits; the last fits everybody. */
  readonly tiers: readonly TierRow[]
  /** The first that fits; the last fits everybody. */
  readonly routing: readonly RoutingRow[]
  readonly tasks: readonly TaskKind[]
  readonly results: readonly TaskResult[]
}

export interface Team extends WorkingTime {
  readonly id: string
  readonly title: Text
}

/** An empty list: all. */
export interface TierRow {
  readonly segments: readonly string[]
  readonly tasks: readonly string[]
  readonly tier: TaskTier
}

export interface RoutingRow {
  readonly segments: readonly string[]
  readonly tasks: readonly string[]
  readonly tiers: readonly TaskTier[]
  readonly team: string
}

export interface TaskKind {
  readonly id: string
  readonly title: Text
  /** Milliseconds: of the clock, or of the team's working time. */
  readonly due: { readonly of: 'clock' | 'working-time'; readonly length: number }
  /** Milliseconds behind the due time: who has not ended it by then won't. */
  readonly closesAfter: number
  /** Not reached so many times, it is ended. */
  readonly attemptsMost: number
  /** While it is open the engine keeps quiet about the same matter, or about everything. */
  readonly holds: 'matter' | 'all'
  /** By language, what the person begins with. */
  readonly script?: Readonly<Record<string, string>>
  /** Ids of results; an empty list: all. */
  readonly results: readonly string[]
}

/** The shape of `human_channels` in schemas/policy.schema.json. */
export interface RawHumanChannels {
  teams: { id: string; title: Text; hours: string; days?: WorkingTime['days'] }[]
  tiers: { segments?: string[]; tasks?: string[]; tier: TaskTier }[]
  routing: { segments?: string[]; tasks?: string[]; tiers?: TaskTier[]; team: string }[]
  tasks: {
    id: string
    title: Text
    due: string | { working: string }
    closes_after?: string
    attempts_most?: number
    holds?: TaskKind['holds']
    script?: Record<string, string>
    results?: string[]
  }[]
  results?: { id: string; title: Text; means: ResultMeaning; channels?: Channel[] }[]
}

const here = 'human_channels'
const usualAttempts = 3
const usualCloseMs = 3 * day
const leastHours = 60

/** That part of a policy from its raw form; what is wrong with it is told to the subject. */
export function checkHumanChannels(raw: RawHumanChannels, subject: Subject, segments: KnownSegments): HumanChannels {
  const kinds = raw.tasks.map(({ id }) => id)
  const teams = raw.teams.map(({ id }) => id)
  for (const key of ['teams', 'tasks', 'results'] as const) refuseRepeated(raw[key] ?? [], key, subject)
  const results = resultsOf(raw.results, subject, [here, 'results'])
  const known = { kinds, teams, segments, subject }
  checkRows(raw.tiers, 'tiers', known)
  checkRows(raw.routing, 'routing', known)
  raw.routing.forEach(({ team }, index) => {
    if (teams.includes(team)) return
    const message = `no team '${team}' in ${here}.teams${didYouMeanOneOf(team, teams)}`
    subject.fault('KM_TEAM_UNKNOWN', message, [here, 'routing', index, 'team'])
  })
  teams.forEach((id, index) => {
    if (raw.routing.some(({ team }) => team === id)) return
    const message = `no row of routing leads to '${id}'; add one, or leave the team out`
    subject.fault('KM_TASK_ROUTING', message, [here, 'teams', index, 'id'])
  })
  return {
    teams: raw.teams.map((team, index) => teamOf(team, [here, 'teams', index], subject)),
    tiers: raw.tiers.map(({ segments: of = [], tasks = [], tier }) => ({ segments: of, tasks, tier })),
    routing: raw.routing.map(({ segments: of = [], tasks = [], tiers = [], team }) => ({
      segments: of,
      tasks,
      tiers,
      team,
    })),
    tasks: raw.tasks.map((task, index) => kindOf(task, [here, 'tasks', index], results, subject)),
    results,
  }
}

/** Whether the policy knows the kind of task that an offer names; says so where it doesn't. */
export function checkTaskKind(id: string, human: HumanChannels | undefined, subject: Subject, path: Path): void {
  const known = human?.tasks.map((task) => task.id) ?? []
  if (known.includes(id)) return
  const where = human ? `in ${here}.tasks of the policy` : `as the policy has no ${here}; add it there`
  subject.fault('KM_TASK_UNKNOWN', `no task '${id}' ${where}${didYouMeanOneOf(id, known)}`, path)
}

interface KnownNames {
  readonly kinds: readonly string[]
  readonly teams: readonly string[]
  readonly segments: KnownSegments
  readonly subject: Subject
}

type Row = { readonly segments?: string[]; readonly tasks?: string[]; readonly tiers?: TaskTier[] }

/** Rows are tried in their order: the last must fit everybody, and none before it. */
function checkRows(rows: readonly Row[], key: 'tiers' | 'routing', { kinds, segments, subject }: KnownNames): void {
  rows.forEach((row, index) => {
    const path: Path = [here, key, index]
    row.segments?.forEach((id, item) => void checkSegment(id, segments, subject, [...path, 'segments', item]))
    row.tasks?.forEach((id, item) => {
      if (kinds.includes(id)) return
      const message = `no task '${id}' in ${here}.tasks${didYouMeanOneOf(id, kinds)}`
      subject.fault('KM_TASK_UNKNOWN', message, [...path, 'tasks', item])
    })
    const isForAll = !row.segments && !row.tasks && !row.tiers
    const isLast = index === rows.length - 1
    if (isForAll && !isLast) {
      subject.fault('KM_TASK_ROUTING', `it fits every task, so that nothing behind it is read; put it last`, path)
    } else if (isLast && !isForAll) {
      const message = `a task that fits none of the rows would have no ${key === 'tiers' ? 'tier' : 'team'}; end with one for all the rest`
      subject.fault('KM_TASK_ROUTING', message, path)
    }
  })
}

function teamOf(
  { id, title, hours, days = 'working-days' }: RawHumanChannels['teams'][number],
  path: Path,
  subject: Subject,
): Team {
  const band = parseBand(hours)
  if (!band) {
    const message = `'${hours}' is no part of a day; write it like "09:00-18:00", with quotes`
    subject.fault('KM_CATALOGUE_WALL_TIME', message, [...path, 'hours'])
  } else if (band.end - band.start < leastHours) {
    const message =
      'a team works for an hour a day at least, and not over midnight; give a night shift a team of its own'
    subject.fault('KM_CATALOGUE_VALUE', message, [...path, 'hours'])
  }
  return { id, title, band: band ?? { start: 0, end: 1440 }, days }
}

function kindOf(
  raw: RawHumanChannels['tasks'][number],
  path: Path,
  results: readonly TaskResult[],
  subject: Subject,
): TaskKind {
  const {
    id,
    title,
    due,
    closes_after,
    attempts_most = usualAttempts,
    holds = 'matter',
    script,
    results: own = [],
  } = raw
  const known = results.map((result) => result.id)
  own.forEach((result, index) => {
    if (known.includes(result)) return
    const message = `no result '${result}' in ${here}.results${didYouMeanOneOf(result, known)}`
    subject.fault('KM_TASK_RESULT', message, [...path, 'results', index])
  })
  return {
    id,
    title,
    due: dueOf(due, [...path, 'due'], subject),
    closesAfter:
      closes_after === undefined
        ? usualCloseMs
        : subject.duration(closes_after, [...path, 'closes_after'], { least: second, most: 30 * day }),
    attemptsMost: attempts_most,
    holds,
    ...(script && { script }),
    results: own,
  }
}

function dueOf(due: string | { working: string }, path: Path, subject: Subject): TaskKind['due'] {
  if (typeof due === 'string') {
    return { of: 'clock', length: subject.duration(due, path, { least: 60 * second, most: 30 * day }) }
  }
  const length = subject.duration(due.working, [...path, 'working'], { least: 60 * second, most: 200 * hour })
  return { of: 'working-time', length }
}

function refuseRepeated(list: readonly { readonly id: string }[], key: string, subject: Subject): void {
  list.forEach(({ id }, index) => {
    if (list.findIndex((other) => other.id === id) === index) return
    subject.fault('KM_CATALOGUE_DUPLICATE_ID', `'${id}' is used twice in ${key}`, [here, key, index, 'id'])
  })
}
