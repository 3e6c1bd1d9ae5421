import { sizeOfSms } from '../domain/sms-text.ts'
import type { Decision } from '../records/types.ts'
import type { Catalogue } from '../rules/catalogue.ts'
import type { Report } from './report.ts'
import type { Side } from './sides.ts'
import { createSideCounts } from './tallies.ts'

/** What commands would take: how many leave, in how many parts, and what the offers cost. */
export interface Volume {
  /** `hour`: of the day, where the subscriber is, in which the command is sent. */
  count(side: Side, command: Decision, hour: number): void
  /** By channel and hour. */
  rows(): Report['volume']
}

export function createVolume(catalogues: Readonly<Record<Side, Catalogue>>): Volume {
  const commands = createSideCounts()
  const parts = createSideCounts()
  const cost = createSideCounts()
  const costs = { present: costsOf(catalogues.present), candidate: costsOf(catalogues.candidate) }
  return {
    count(side, { channel, text, offer }, hour) {
      const name = `${channel ?? 'none'} ${String(hour).padStart(2, '0')}`
      commands.count(name, side)
      parts.count(name, side, channel === 'sms' && text ? sizeOfSms(text).parts : 1)
      cost.count(name, side, costs[side].get(offer ?? '') ?? 0)
    },
    rows: () =>
      commands.names().map((name) => {
        const [channel = '', hour = ''] = name.split(' ')
        return { channel, hour: Number(hour), commands: commands.of(name), parts: parts.of(name), cost: cost.of(name) }
      }),
  }
}

const costsOf = ({ offers }: Catalogue): ReadonlyMap<string, number> =>
  new Map(offers.map(({ id, cost = 0 }) => [id, cost]))
