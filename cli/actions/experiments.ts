import type { Difference } from '../../services/learning/difference.ts'
import type { ExperimentList, OddsList } from '../../services/learning/routes.ts'
import type { UpliftView } from '../../services/learning/uplift.ts'
import type { RateView } from '../../services/learning/views.ts'
import { columns } from '../columns.ts'
import { askEngine } from '../engine.ts'

export interface ExperimentsArguments {
  readonly url: string
  readonly odds?: boolean
  readonly json?: boolean
}

/** Prints what campaigns try, a variant a line. @throws EngineRefusal; CodedError as `askEngine` */
export async function listExperiments({ url, json }: ExperimentsArguments): Promise<void> {
  const answer = await askEngine<ExperimentList>(url, '/v1/experiments')
  if (json) return print(answer)
  const rows = answer.experiments.flatMap(({ campaign, variants }) =>
    variants.map(({ variant, is_control, share, exposures, ...counts }) => [
      campaign,
      `${variant}${is_control ? ' (control)' : ''}`,
      percent(share),
      String(exposures),
      rate(counts.accepted, counts.acceptance),
      rate(counts.refused, counts.refusal),
      rate(counts.opted_out, counts.opt_out),
      String(counts.ignored),
      counts.stopped_since ?? '',
    ]),
  )
  const head = ['campaign', 'variant', 'share', 'exposures', 'accepted', 'refused', 'opted out', 'ignored', 'stopped']
  table(head, rows)
  const all = answer.experiments.flatMap(({ campaign, variants }) => variants.map((one) => ({ campaign, ...one })))
  for (const { campaign, variant, stopped_since, stopped_why } of all) {
    if (stopped_since !== null) say(`stopped since ${stopped_since}: ${campaign} ${variant}: ${stopped_why}`)
  }
  printUplift(answer.uplift)
  say(rows.length + answer.uplift.length === 0 ? 'no campaign tries anything' : freshness(answer))
}

/** A campaign a line: those who are addressed beside those who are held out, and the difference. */
function printUplift(views: readonly UpliftView[]): void {
  const rows = views.map(({ campaign, held_out_by, addressed, held_out, uplift }) => [
    campaign ?? 'all marketing',
    held_out_by,
    String(addressed.windows),
    part(addressed.bought),
    String(held_out.windows),
    part(held_out.bought),
    points(uplift?.bought),
    points(uplift?.left),
    points(uplift?.opted_out),
  ])
  const head = ['campaign', 'held out by', 'addressed', 'bought', 'held out', 'bought', 'more bought', 'more left']
  table([...head, 'more opted out'], rows)
}

const part = (view: RateView | null): string => (view === null ? '' : percent(view.rate))

const points = (found: Difference | undefined): string =>
  found ? `${percent(found.difference)} (${percent(found.low)} to ${percent(found.high)})` : ''

/** Prints what is thought of acceptances. @throws EngineRefusal; CodedError as `askEngine` */
export async function listOdds({ url, json }: ExperimentsArguments): Promise<void> {
  const answer = await askEngine<OddsList>(url, '/v1/experiments/odds')
  if (json) return print(answer)
  const rows = answer.odds.map(({ offer, channel, segment, prior, strength, accepted, others, ...now }) => [
    offer,
    channel,
    segment ?? '',
    `${percent(prior)} as of ${strength}`,
    accepted.toFixed(1),
    others.toFixed(1),
    `${percent(now.probability)} (${percent(now.low)} to ${percent(now.high)})`,
  ])
  table(['offer', 'channel', 'segment', 'prior', 'accepted', 'others', 'probability'], rows)
  say(rows.length === 0 ? 'nothing was learned yet: windows have to be over first' : freshness(answer))
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  if (rows.length === 0) return
  for (const line of columns([[...head], ...rows.map((row) => [...row])])) process.stdout.write(`${line}\n`)
}

const rate = (count: number, view: RateView | null): string =>
  view === null ? '' : `${count}: ${percent(view.rate)} (${percent(view.low)} to ${percent(view.high)})`

const percent = (part: number): string => `${(100 * part).toFixed(2)} %`

const freshness = ({
  tallied_at,
  counted_within_s,
}: Pick<ExperimentList, 'tallied_at' | 'counted_within_s'>): string =>
  tallied_at === null
    ? 'no outcomes are counted yet'
    : `counted until ${tallied_at}; what happens is counted within ${counted_within_s} s`

const print = (object: object): void => void process.stdout.write(`${JSON.stringify(object)}\n`)

const say = (line: string): void => void process.stderr.write(`${line}\n`)
