import { chainReasons, otherReasons } from '../domain/reason-codes.ts'
import type { Platform } from '../platform/platform.ts'
import type { MomentKind, Text } from '../rules/ruleset.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { channels, eventTypes } from '../topology.ts'
import { type Quantile, quantile } from './quantile.ts'
import { type Counts, type Reading, read, sum } from './reading.ts'

/** How many, since the process started and in the last minute of real time. */
export interface Tally {
  readonly name: string
  readonly total: number
  readonly lastMinute: number
}

/** A rule of the catalogue, or one that fired and has left it since: that one has neither kind nor title. */
export interface RuleTally extends Tally {
  readonly kind: MomentKind | null
  readonly title: Text | null
}

export interface SuppressionTally extends Tally {
  readonly meaning: { readonly en: string; readonly zh: string }
}

/** One second of the past. */
export interface Sample {
  readonly eventsPerSecond: number
  readonly momentsPerSecond: number
  readonly commandsPerSecond: number
  readonly lag: number
}

/** What goes on in this process, in a form for people's eyes. Rows have a fixed order and are there from the start. */
export interface LiveSummary {
  readonly ready: boolean
  /** Why it is not ready. */
  readonly problems: readonly { readonly code: string; readonly reason: string }[]
  readonly uptimeSeconds: number
  /** Null until everything is open. */
  readonly engine: {
    /** The engine's time, milliseconds since 1970-01-01T00:00Z; a demonstration clock runs fast. */
    readonly time: number
    /** Its seconds in a real one. */
    readonly speed: number
    /** The catalogue's default time zone. */
    readonly zone: string
    readonly catalogueVersion: string
  } | null
  readonly eventsPerSecond: number
  readonly events: readonly Tally[]
  readonly moments: readonly Tally[]
  readonly rules: readonly RuleTally[]
  readonly commands: readonly Tally[]
  readonly receipts: readonly Tally[]
  /** Moments kept back, and those that wait (quiet hours), by reason. */
  readonly suppressions: readonly SuppressionTally[]
  readonly deadLetters: readonly Tally[]
  readonly late: readonly Tally[]
  /** Records not handled yet, by service. */
  readonly lag: {
    readonly total: number
    readonly services: readonly { readonly name: string; readonly records: number }[]
  }
  /** Seconds from the arrival of the completing event to the command, over the last minute; null without commands. */
  readonly eventToCommand: { readonly commands: number; readonly p50: Quantile; readonly p99: Quantile } | null
  /** One a second, oldest first, at most five minutes of them. */
  readonly history: readonly Sample[]
}

export interface SummarySources {
  readonly metrics: Metrics
  readonly readiness: () => LiveSummary['problems']
  /** Undefined until everything is open. */
  readonly platform: () => Pick<Platform, 'clock' | 'catalogue' | 'settings'> | undefined
  /** Monotonic milliseconds of real time. */
  readonly monotonic: () => number
}

export interface Summaries {
  /** Reads the metrics; call it once a second. */
  sample(): Promise<void>
  /** As of the last sample. */
  current(): LiveSummary
}

const historySamples = 300
const minuteMs = 60_000
/** Rates are taken over this long, so that a group that is committed just now doesn't make them jump. */
const rateMs = 5_000

const momentKinds: readonly MomentKind[] = ['first', 'change', 'special', 'do-not-disturb']
const receiptStatuses = ['accepted', 'delivered', 'failed', 'unknown', 'expired'] as const
const reasons = new Map<string, SuppressionTally['meaning']>(
  [...chainReasons, ...otherReasons].map(({ code, meaning }) => [code, meaning]),
)

/** Keeps the readings of the last minute and the samples of the last five, and sums them up. */
export async function createSummaries({ metrics, readiness, platform, monotonic }: SummarySources): Promise<Summaries> {
  const startedAt = monotonic()
  const history: Sample[] = []
  /** Oldest first: one that is at least a minute old, if there is one, and those after it. */
  const readings: [Reading, ...Reading[]] = [await read(metrics, startedAt)]

  const last = (): Reading => readings.at(-1) ?? readings[0]
  /** The newest reading that is at least `millis` older than the last one, else the oldest. */
  const before = (millis: number): Reading => readings.findLast(({ at }) => at <= last().at - millis) ?? readings[0]

  return {
    async sample() {
      const previous = last()
      const now = await read(metrics, monotonic())
      if (now.at <= previous.at) return
      readings.push(now)
      while (readings.length > 2 && (readings[1]?.at ?? now.at) <= now.at - minuteMs) readings.shift()
      const perSecond = rateBetween(previous, now)
      history.push({
        eventsPerSecond: perSecond(({ events }) => events),
        momentsPerSecond: perSecond(({ kinds }) => kinds),
        commandsPerSecond: perSecond(({ commands }) => commands),
        lag: sum(now.lag),
      })
      if (history.length > historySamples) history.shift()
    },

    current() {
      const now = last()
      const minuteAgo = before(minuteMs)
      const problems = readiness()
      const opened = platform()
      const rows = (of: (reading: Reading) => Counts, names: readonly string[]) =>
        tallies(of(now), of(minuteAgo), names)
      return {
        ready: problems.length === 0,
        problems,
        uptimeSeconds: (monotonic() - startedAt) / 1000,
        engine: opened ? engineOf(opened) : null,
        eventsPerSecond: rateBetween(before(rateMs), now)(({ events }) => events),
        events: rows(({ events }) => events, eventTypes),
        moments: rows(({ kinds }) => kinds, momentKinds),
        rules: ruleRows(opened, (names) => rows(({ rules }) => rules, names)),
        commands: rows(({ commands }) => commands, channels),
        receipts: rows(({ receipts }) => receipts, receiptStatuses),
        suppressions: rows(({ suppressions }) => suppressions, [...reasons.keys()]).map((tally) => ({
          ...tally,
          meaning: reasons.get(tally.name) ?? { en: '', zh: '' },
        })),
        deadLetters: rows(({ deadLetters }) => deadLetters, []),
        late: rows(({ late }) => late, []),
        lag: { total: sum(now.lag), services: [...now.lag].map(([name, records]) => ({ name, records })) },
        eventToCommand: latencyBetween(minuteAgo, now),
        history: [...history],
      }
    },
  }
}

function rateBetween(from: Reading, to: Reading): (of: (reading: Reading) => Counts) => number {
  const seconds = (to.at - from.at) / 1000
  return (of) => (seconds > 0 ? (sum(of(to)) - sum(of(from))) / seconds : 0)
}

/** The named rows in their order, then whatever else was counted. */
function tallies(now: Counts, minuteAgo: Counts, names: readonly string[]): Tally[] {
  return [...new Set([...names, ...now.keys()])].map((name) => {
    const total = now.get(name) ?? 0
    return { name, total, lastMinute: total - (minuteAgo.get(name) ?? 0) }
  })
}

function ruleRows(
  opened: ReturnType<SummarySources['platform']>,
  rows: (names: readonly string[]) => readonly Tally[],
): RuleTally[] {
  const rules = new Map(opened?.catalogue.current.ruleset.rules.map((rule) => [rule.id, rule]))
  return rows([...rules.keys()]).map((tally) => {
    const rule = rules.get(tally.name)
    return { ...tally, kind: rule?.moment ?? null, title: rule?.title ?? null }
  })
}

function engineOf({
  clock,
  catalogue: { current },
  settings,
}: NonNullable<ReturnType<SummarySources['platform']>>): NonNullable<LiveSummary['engine']> {
  return {
    time: clock.now(),
    speed: settings.clock.factor,
    zone: current.policy.defaultTimeZone,
    catalogueVersion: current.version,
  }
}

function latencyBetween(from: Reading, to: Reading): LiveSummary['eventToCommand'] {
  const { bounds, cumulative } = to.latency
  const upTo = cumulative.map((count, index) => count - (from.latency.cumulative[index] ?? 0))
  const buckets = { bounds, counts: upTo.map((count, index) => count - (upTo[index - 1] ?? 0)) }
  const p50 = quantile(0.5, buckets)
  const p99 = quantile(0.99, buckets)
  return p50 && p99 ? { commands: upTo.at(-1) ?? 0, p50, p99 } : null
}
