import { chainReasons, otherReasons } from '../../../services/domain/reason-codes.ts'
import type { Policy } from '../../../services/rules/catalogue.ts'
import type { Purpose } from '../../../services/rules/ruleset.ts'
import { channels } from '../../../services/topology.ts'
import { circumstances, median, number, type Section, table } from '../page.ts'
import { dayMs } from './person.ts'
import type { ByPurpose, Touch, Year, YearPlan } from './run.ts'
import type { Witness } from './witness.ts'

export interface YearCircumstances {
  readonly plan: YearPlan
  readonly policy: Policy
  readonly cpuSeconds: number
  /** Of the machine before the run. */
  readonly load: number
}

const purposes = ['marketing', 'care', 'service', 'regulatory'] as const satisfies readonly Purpose[]
/** A household is contacted so often a year where retention works best. */
const touchesAimed = 4.8
/** Of a year of 20,000. */
const cpuSecondsMost = 600
const rulesShown = 15

export function yearSection(year: Year, { plan, policy, cpuSeconds, load }: YearCircumstances): Section {
  const { people, days, events, touches, byKind, byRule, byOutcome, byCode, optOuts, failed, late } = year
  const moments = [...byKind.values()].reduce((sum, count) => sum + count, 0)
  const marketing = countsOf(year, 'marketing')
  const mean = average(marketing)
  const text = `${circumstances('npm run bench -- --only year', [load])} Seed ${plan.seed}: ${number(people.length)} simulated subscribers for ${days} days of 2026 through the shipped detect and decide under the shipped catalogue, with a simulated channel and subscribers who answer: ${number(events)} events, ${number(moments)} moments, ${number(touches.length)} touches; ${number(cpuSeconds)} CPU seconds (target: at most ${cpuSecondsMost}: ${cpuSeconds <= cpuSecondsMost ? 'met' : '**not met**'}).

**Touches of a subscriber in the year.** The mean is over all subscribers, those without consent too; a cap is a whole number and holds for each one, so that the mean lies below it. Care, service and regulatory messages have no cap; care keeps a gap.

${table(
  ['', 'mean', 'half have at most', 'of a hundred, 99 have at most', 'most', 'cap of a year'],
  purposes.map((purpose) => [...touchRow(purpose, countsOf(year, purpose)), capOfYear(purpose, policy)]),
)}

Marketing, ${number(mean, 2)} a subscriber and year (operators who do it well report a mean of ${touchesAimed} contacts a household and year of all kinds):

${histogram(marketing)}

${verdict(year.witness, touches.length)}

**Success by channel.** Of marketing that left: accepted, refused, and no more of it wanted. How people answer is put in (\`year/answers.ts\`); how often they are asked, and whom, is the engine's.

${channelTable(touches)}

${number(failed)} commands never left, as the channel refused them; ${number(optOuts.length)} subscribers opted out by a reply.

**Moments by kind**

${table(
  ['kind', 'moments', 'a subscriber and year'],
  [...byKind]
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => [kind, number(count), number(count / people.length, 2)]),
)}

The most frequent rules: ${[...byRule]
    .sort(([, a], [, b]) => b - a)
    .slice(0, rulesShown)
    .map(([rule, count]) => `\`${rule}\` ${number(count)}`)
    .join(', ')}; ${byRule.size} rules fired.

**What was decided**

${purposeTable('outcome', [...byOutcome])}

**Why nothing was said, or not yet.** Codes as in the README's table, in their order; a moment that waited counts where it waited, and again by what became of it.

${purposeTable('code', inOrder(byCode))}

- Lives are made of distributions (\`year/person.ts\`, \`year/life.ts\`): how much somebody calls and for how long is drawn from recorded calls (\`test/data/vast2008-calls.csv\`), the hours from the daily traffic of the demonstration, all else from rates that are written there. To be done within minutes, one call in five is told, and a day's data as one record; rules that count calls fire less often than with all of them.
- ${late === 0 ? 'No event was late.' : `**${number(late)} events were late.**`} Detect and decide run on the clock of the simulation with all their timers (\`year/whole-engine.ts\`); log, store and commits have tests and benches of their own.
`
  return { title: 'A year of simulated subscribers', text }
}

/** By subscriber, those without any too; sorted. What was said of one moment through several channels is one touch. */
function countsOf({ people, touches }: Year, purpose: Purpose): readonly number[] {
  const moments = new Map(people.map(({ id }) => [id, new Set<string>()]))
  for (const touch of touches) {
    if (touch.purpose === purpose) moments.get(touch.subscriber)?.add(touch.command.moment_id)
  }
  return Array.from(moments.values(), ({ size }) => size).sort((a, b) => a - b)
}

const average = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0) / counts.length

function touchRow(purpose: Purpose, counts: readonly number[]): string[] {
  const almostMost = counts[Math.floor(counts.length * 0.99)] ?? 0
  return [purpose, number(average(counts), 2), number(median(counts)), number(almostMost), number(counts.at(-1) ?? 0)]
}

/** Of all touches of the purpose within a year, whatever their channel and category. */
function capOfYear(purpose: Purpose, { caps }: Policy): string {
  const most = caps.flatMap(({ purposes: covered, channels: some, categories, window, most: allowed }) => {
    const isYear = window.kind === 'civil' ? window.unit === 'year' : window.length >= 365 * dayMs
    return purpose === 'marketing' && covered.includes(purpose) && !some && !categories && isYear ? [allowed] : []
  })
  return most.length === 0 ? '-' : number(Math.min(...most))
}

function histogram(counts: readonly number[]): string {
  const most = counts.at(-1) ?? 0
  const numbers = Array.from({ length: most + 1 }, (_, touches) => touches)
  return table(
    ['touches', ...numbers.map(String)],
    [['subscribers', ...numbers.map((touches) => number(counts.filter((count) => count === touches).length))]],
  )
}

/** What the checker, which knows only what was told, what was sent and the policy, has to say. */
function verdict({ breaches, histories, unfounded }: Witness, sends: number): string {
  const checker =
    'The independent checker (`test/decide/checker`), which reads only what left, what was told and the policy,'
  const told = (found: readonly string[]) => `${number(found.length)}: ${found.slice(0, 5).join('; ')}`
  const sent =
    breaches.length === 0
      ? `${checker} finds no breach in ${number(sends)} sends`
      : `**${checker} finds breaches** in ${number(sends)} sends, ${told(breaches)}`
  const reasons = unfounded()
  const said =
    reasons.length === 0
      ? `each of the decisions on ${number(histories.size)} subscribers tells the reasons that held, and no other`
      : `**of the decisions on ${number(histories.size)} subscribers some tell what was not so**, ${told(reasons)}`
  return `${sent}; ${said}.`
}

function channelTable(touches: readonly Touch[]): string {
  const rows = channels.flatMap((channel) => {
    const own = touches.filter((touch) => touch.channel === channel && touch.purpose === 'marketing')
    if (own.length === 0) return []
    const share = (response: Touch['response']) => {
      const count = own.filter((touch) => touch.response === response).length
      return `${number(count)} (${number((100 * count) / own.length, 1)} %)`
    }
    return [[channel, number(own.length), share('accepted'), share('refused'), share('opted-out')]]
  })
  return table(['channel', 'left', 'accepted', 'refused', 'opted out'], rows)
}

const purposeTable = (what: string, rows: readonly (readonly [string, ByPurpose])[]): string =>
  table(
    [what, ...purposes, 'all'],
    rows.map(([name, counts]) => [
      name,
      ...purposes.map((purpose) => number(counts.get(purpose) ?? 0)),
      number([...counts.values()].reduce((sum, count) => sum + count, 0)),
    ]),
  )

function inOrder(byCode: Year['byCode']): (readonly [string, ByPurpose])[] {
  const order: readonly string[] = [...chainReasons, ...otherReasons].map(({ code }) => code)
  return [...byCode].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
}
