import type { Outcome, TalliedVariant } from '../../services/records/types.ts'
import type { Catalogue } from '../../services/rules/catalogue.ts'
import { topics } from '../../services/topology.ts'
import { isFailure, type Outreach } from './outreach.ts'
import type { Run } from './run.ts'

const hour = 3_600_000

/** What was given out in a day is never more than there was: recounted from the commands, without what provably wasn't used. */
export function budgetsJudged({ policy }: Catalogue, { commands, receipts }: Outreach): string[] {
  return (policy.budgets ?? []).flatMap(({ id, amount, each = 1, draws }) => {
    const fits = (list: readonly string[] | undefined, name: string | null | undefined) =>
      list === undefined || list.includes(name ?? '')
    const drawing = commands.filter(({ command: { command_id, purpose, offer, channel } }) => {
      const isCommercial = purpose === 'marketing' || purpose === 'care'
      const isUnused = receipts.get(command_id)?.some(({ value }) => isFailure(value)) === true
      return isCommercial && !isUnused && fits(draws.offers, offer) && fits(draws.channels, channel)
    })
    const byDay = Map.groupBy(drawing, ({ command }) => dayOf(command.issued_at))
    return [...byDay].flatMap(([day, own]) =>
      own.length * each > amount ? [`budget ${id} overspent on ${day}: ${own.length * each} of ${amount}`] : [],
    )
  })
}

/** Winter time all along. */
const dayOf = (at: number): string => new Date(at + hour).toISOString().slice(0, 10)

/** What outcomes add up to is what somebody comes to who counts each of them once. */
export function talliesJudged(run: Run): string[] {
  const found: string[] = []
  const outcomes = Map.groupBy(run.read(topics.outcomes), ({ shard }) => shard)
  const tallies = Map.groupBy(run.read(topics.tallies), ({ value }) => value.shard)
  for (const [shard, reads] of outcomes) {
    const last = (tallies.get(shard) ?? [])
      .map(({ value }) => value)
      .sort((a, b) => a.position - b.position)
      .at(-1)
    if (last?.position !== reads.length) {
      found.push(`outcomes of shard ${shard} are counted up to ${last?.position ?? 0} of ${reads.length}`)
      continue
    }
    const each = [...new Map(reads.map(({ value }) => [value.outcome_id, value])).values()]
    const expected = { variants: variantsIn(each), odds: oddsIn(each) }
    const told = {
      variants: last.variants.map(variantWords),
      odds: last.odds.map(
        ({ offer, channel, accepted, others }) => `${offer} by ${channel}: ${accepted} of ${accepted + others}`,
      ),
    }
    for (const part of ['variants', 'odds'] as const) {
      const [said, recounted] = [told[part].sort().join('; '), expected[part].sort().join('; ')]
      if (said !== recounted) found.push(`tallied on shard ${shard}: ${said}; recounted: ${recounted}`)
    }
  }
  return found
}

const counted = ['exposed', 'unsent', 'accepted', 'refused', 'opted_out', 'ignored', 'settled'] as const

const variantWords = (one: TalliedVariant): string =>
  `${one.campaign} ${one.variant}: ${counted.map((name) => one[name]).join(' ')}`

function variantsIn(outcomes: readonly Outcome[]): string[] {
  const own = outcomes.filter(({ campaign, experiment, variant }) => campaign && experiment && variant)
  return [...Map.groupBy(own, ({ campaign, variant }) => `${campaign} ${variant}`)].map(([name, some]) => {
    const times = (kind: string) => some.filter(({ outcome }) => outcome.replace('-', '_') === kind).length
    return `${name}: ${counted.map(times).join(' ')}`
  })
}

function oddsIn(outcomes: readonly Outcome[]): string[] {
  const over = outcomes.filter(({ outcome, learn }) => learn && (outcome === 'ignored' || outcome === 'settled'))
  return [...Map.groupBy(over, ({ offer, channel }) => `${offer} by ${channel}`)].map(
    ([name, some]) => `${name}: ${some.filter(({ accepted }) => accepted).length} of ${some.length}`,
  )
}
