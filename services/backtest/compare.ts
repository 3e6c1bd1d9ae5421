import { CodedError } from '../domain/errors.ts'
import { type ShardId, shardId } from '../domain/ids.ts'
import type { EventLog } from '../flow/event-log.ts'
import type { Codec } from '../records/codec.ts'
import type { Moment } from '../records/types.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import { readShard } from '../simulate/read-topic.ts'
import { topics } from '../topology.ts'
import { byCode, createDecisionFigures } from './decision-figures.ts'
import { createExamples } from './examples.ts'
import { createMomentFigures, type Mode } from './moment-figures.ts'
import type { Report, RuleRow, Sides } from './report.ts'
import { rulesOfBoth } from './rules-of-both.ts'
import { ofSide, type Side, sides } from './sides.ts'
import { createSubscriberZones, hourOfDay, type SubscriberZones } from './subscriber-zones.ts'
import { createSideCounts } from './tallies.ts'
import { createVolume } from './volume.ts'

export interface Compared {
  /** Holds the events, and what both sides made of them. */
  readonly log: EventLog
  readonly codec: Codec
  readonly catalogues: Readonly<Record<Side, Catalogue>>
  /** Moments from before aren't counted; milliseconds since 1970. */
  readonly countedFrom: number
  /** So many of each rule, added and gone. */
  readonly examples: number
}

export type Figures = Omit<Report, 'present' | 'candidate' | 'recorded' | 'notes'>

type Moments = ReadonlyMap<string, Moment>

/** A shard's moments are in memory while it is compared: so many of each side. */
const momentsMost = 1_000_000

/**
 * Compares what two catalogues made of the same events. A subscriber's moments lie on one shard on both sides, so that it
 * goes shard by shard. @throws CodedError KM_BACKTEST_TOO_MANY_MOMENTS
 */
export async function compare({ log, codec, catalogues, countedFrom, examples }: Compared): Promise<Figures> {
  const kept = createExamples(examples)
  const moments = createMomentFigures(catalogues, kept)
  const decisions = createDecisionFigures()
  const volume = createVolume(catalogues)
  const deadLetters = createSideCounts()
  const late = createSideCounts()

  for (let number = 0; number < log.shards; number++) {
    const shard = shardId(number)
    const zones = await zonesOf(log, codec, shard)
    const fired = { present: await momentsOf('present', shard), candidate: await momentsOf('candidate', shard) }
    for (const [id, moment] of fired.present) moments.compare(moment, fired.candidate.get(id), zones)
    for (const [id, moment] of fired.candidate) {
      if (!fired.present.has(id)) moments.compare(undefined, moment, zones)
    }
    moments.endOfShard()
    for (const side of sides) await countRest(side, shard, fired[side], zones)
  }

  async function momentsOf(side: Side, shard: ShardId): Promise<Moments> {
    const found = new Map<string, Moment>()
    for await (const moment of readShard(ofSide(log, side), codec, topics.moments, shard)) {
      if (moment.at < countedFrom || moment.reason_ended_at != null) continue
      found.set(moment.moment_id, moment)
      if (found.size > momentsMost) throw tooMany(side, found)
    }
    return found
  }

  async function countRest(side: Side, shard: ShardId, fired: Moments, zones: SubscriberZones): Promise<void> {
    const { defaultTimeZone } = catalogues[side].policy
    const own = ofSide(log, side)
    for await (const decision of readShard(own, codec, topics.decisions, shard)) {
      const moment = fired.get(decision.moment_id)
      if (!moment) continue
      kept.decided(side === 'present' ? 'gone' : 'added', decision)
      const zone = zones.at(decision.subscriber_id, decision.decided_at, defaultTimeZone)
      const hour = hourOfDay(zone, decision.decided_at)
      decisions.count(side, moment.mode, decision, hour)
      if (decision.outcome === 'command') volume.count(side, decision, hour)
    }
    for await (const { code } of readShard(own, codec, topics.deadLetters, shard)) deadLetters.count(code, side)
    for await (const _event of readShard(own, codec, topics.late, shard)) late.count('', side)
  }

  const rows = (mode: Mode): RuleRow[] =>
    rulesOfBoth(catalogues, mode, moments.rules(mode)).map((rule) => ({
      ...rule,
      ...moments.byRule(mode, rule.rule),
      commands: mode === 'live' ? decisions.commandsOf(rule.rule) : { present: 0, candidate: 0 },
      examples: { added: kept.of(mode, rule.rule, 'added'), gone: kept.of(mode, rule.rule, 'gone') },
    }))
  const { byHour, ...figures } = moments.figures()
  const hours = Array.from({ length: 24 }, (_, hour) => ({
    hour,
    ...byHour(hour),
    commands: decisions.commandsAt(hour),
  }))
  return {
    ...figures,
    by_hour: hours.filter(({ present, candidate, commands }) => present + candidate + sum(commands) > 0),
    volume: volume.rows(),
    rules: rows('live'),
    shadow: rows('shadow'),
    decisions: decisions.figures(),
    late_events: late.of(''),
    dead_letters: byCode(deadLetters),
  }
}

const sum = ({ present, candidate }: Sides): number => present + candidate

async function zonesOf(log: EventLog, codec: Codec, shard: ShardId): Promise<SubscriberZones> {
  const zones = createSubscriberZones()
  for await (const profile of readShard(log, codec, topics.events.profile, shard)) zones.hear(profile)
  return zones
}

function tooMany(side: Side, moments: Moments): CodedError {
  const byRule = Map.groupBy(moments.values(), ({ rule }) => rule)
  const [most, fired] = [...byRule].toSorted(([, a], [, b]) => b.length - a.length)[0] ?? ['', []]
  const message = `the ${side} catalogue fires more than ${momentsMost} times on a shard, ${fired.length} times by rule '${most}'`
  return new CodedError('KM_BACKTEST_TOO_MANY_MOMENTS', `${message}; mend it, or name a shorter period`)
}
