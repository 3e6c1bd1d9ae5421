import { timeZone } from '../domain/time-zones.ts'
import type { Answer, FactorAnswer, MomentAnswer, Row, RuleAnswer, Tree } from './answer.ts'
import { valueText } from './blame-words.ts'
import { localText, roughly } from './clock-text.ts'
import { decideLines } from './decide-text.ts'

/** An answer as text for people, the verdict first. Times are on the subscriber's wall clock. */
export function answerText(answer: Answer): string {
  const zone = timeZone(answer.subscriber.time_zone)
  const when = (iso: string): string => localText(Date.parse(iso), zone)
  const isOfRule = answer.rules.length === 1
  return [
    ...answer.verdict,
    '',
    ...headLines(answer, when),
    ...section('Rules', isOfRule ? [] : ruleLines(answer.rules)),
    ...answer.rules.flatMap((rule) => section(`Rule ${rule.rule}: ${rule.title.en}`, detailLines(rule, when))),
    ...section(
      'Factors',
      answer.factors.flatMap((factor) => factorLines(factor, when)),
    ),
    ...section(
      'Moments, newest first',
      answer.moments.flatMap((moment) => momentLines(moment, when)),
    ),
    ...section('Decide', answer.decide ? decideLines(answer.decide, when) : ['nothing is known']),
  ].join('\n')
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]

type When = (iso: string) => string

function headLines({ subscriber, as_of, catalogue }: Answer, when: When): readonly string[] {
  const { id, shard, time_zone, first_seen, identity_ended_at, segments, newest_events, held } = subscriber
  const since = catalogue.in_force_since === null ? '' : `, in force since ${when(catalogue.in_force_since)}`
  const cells = Object.entries(segments).map(([dimension, segment]) => `${dimension} ${segment}`)
  const newest = Object.entries(newest_events).map(([type, at]) => `${type} ${when(at)}`)
  return [
    `subscriber ${id} on shard ${shard}, times in ${time_zone}`,
    `as of ${when(as_of.at)}, ${sourceText(as_of, when)}`,
    `catalogue version ${catalogue.number} (${catalogue.version})${since}`,
    ...(identity_ended_at === null ? [] : [`the identity ended at ${when(identity_ended_at)}`]),
    ...(first_seen === null ? [] : [`first seen ${when(first_seen)}; newest events: ${newest.join(', ')}`]),
    ...(cells.length > 0 ? [`segments: ${cells.join(', ')}`] : []),
    ...held.map(({ type, event_id, time, judged_at }) => {
      return `held for the grace: ${type} ${event_id} of ${when(time)}, judged at ${when(judged_at)}`
    }),
  ]
}

function sourceText(asOf: Answer['as_of'], when: When): string {
  const { source, clock, records_behind, records_read, events, dead_letters, history_cut, at } = asOf
  if (source === 'state') {
    const lag = clock === null ? 0 : Date.parse(at) - Date.parse(clock)
    const behind =
      records_behind === 0
        ? 'all that is on the log is in it'
        : `${records_behind ?? 0} records of the shard are not in it yet`
    const stands =
      clock === null
        ? 'nothing was committed'
        : `its clock stands at ${when(clock)}${lag > 60_000 ? `, ${roughly(lag)} ago` : ''}`
    return `from the committed state: ${stands}; ${behind}`
  }
  const refused = dead_letters ? `; ${dead_letters} of theirs are dead letters` : ''
  const cut = history_cut ? '; the log no longer has its beginning: what lies before is missing here' : ''
  return `by reading the log again: ${records_read ?? 0} records of the shard, ${events ?? 0} of this subscriber${refused}${cut}`
}

function ruleLines(rules: readonly RuleAnswer[]): readonly string[] {
  const telling = rules.filter(({ outcome }) => outcome !== 'quiet')
  const quiet = rules.length - telling.length
  return [
    ...telling.flatMap(({ verdict }) => [verdict]),
    ...(quiet > 0 ? [`${quiet} others did not fire; name one by --rule to see why`] : []),
  ]
}

function detailLines({ details, next_due }: RuleAnswer, when: When): readonly string[] {
  if (!details) return []
  const { when: condition, rearm, edge, only, known_history, event, steps = [], cancelled, waiting = [] } = details
  return [
    ...(next_due ? [`next judged at ${when(next_due.judged_at)}, as of ${when(next_due.at)}`] : []),
    ...(event ? [`event: ${event.type} ${event.event_id} of ${when(event.time)}`] : []),
    ...treeLines('condition', condition),
    ...(edge ? [`edge: ${edge}`] : []),
    ...treeLines('rearm', rearm),
    ...treeLines('only', only),
    ...treeLines('known history', known_history),
    ...(waiting.length > 0 ? [] : steps).map(({ name, times, met }) => {
      const at = met.length > 0 ? `met at ${met.map(when).join(', ')}` : 'not met'
      return `step ${name}${times > 1 ? ` (${times} times)` : ''}: ${at}`
    }),
    ...(cancelled ? [`cancelled by ${cancelled.by} at ${when(cancelled.at)}`] : []),
    ...waiting.map(({ event_id, last, deadline, judged_at }) => {
      return `waits: armed by ${event_id} of ${when(last)}, deadline ${when(deadline)}, judged at ${when(judged_at)}`
    }),
  ]
}

function treeLines(name: string, tree: Tree | undefined): readonly string[] {
  if (!tree) return []
  const walk = ({ text, value, parts }: Tree, depth: number): readonly string[] => [
    `${'  '.repeat(depth)}${text} = ${valueText(value)}`,
    ...parts.flatMap((part) => walk(part, depth + 1)),
  ]
  return [`${name}:`, ...walk(tree, 1)]
}

const rowsShown = 12

function factorLines(factor: FactorAnswer, when: When): readonly string[] {
  const { id, title, unit, value, unknown_because, of, window, rows, parts } = factor
  const because = unknown_because === null ? '' : ` (${unknown_because})`
  return [
    `${id} = ${valueText(value)}${unit === null || value === null ? '' : ` ${unit}`}${because}   ${title.en}`,
    `    ${of}${window === null ? '' : `; ${window}`}`,
    ...rowLines(rows, when),
    ...parts.flatMap((part) => [
      `    ${part.name} = ${valueText(part.value)}: ${part.of}${part.window === null ? '' : `; ${part.window}`}`,
      ...rowLines(part.rows, when),
    ]),
  ]
}

function rowLines(rows: readonly Row[], when: When): readonly string[] {
  const shown = rows.slice(0, rowsShown).map(({ from, to, events, value, event_id }) => {
    const time = to === undefined ? when(from) : `${when(from)} to ${when(to)}`
    const what = [
      ...(value === undefined ? [] : [valueText(value)]),
      ...(events === undefined || (events === 1 && to === undefined)
        ? []
        : [`${events} ${events === 1 ? 'event' : 'events'}`]),
      ...(event_id === undefined ? [] : [event_id]),
    ]
    return `      ${time}${what.length > 0 ? `  ${what.join('  ')}` : ''}`
  })
  return rows.length > rowsShown ? [...shown, `      and ${rows.length - rowsShown} more`] : shown
}

function momentLines(moment: MomentAnswer, when: When): readonly string[] {
  const { rule, at, detected_at, mode, evidence, do_not_disturb, became, moment_id } = moment
  const values = Object.entries(evidence).map(([name, value]) => `${name}=${String(value)}`)
  const noticed = at !== null && detected_at !== null && detected_at !== at ? `, noticed ${when(detected_at)}` : ''
  const interval = do_not_disturb
    ? [`    ${do_not_disturb.phase} ${do_not_disturb.code} ${do_not_disturb.key} until ${when(do_not_disturb.until)}`]
    : []
  return [
    `${at === null ? 'at a time that is no longer on the log' : when(at)}  ${rule}${mode === 'shadow' ? ' (on trial)' : ''}${noticed}`,
    `    ${became}`,
    ...interval,
    ...(values.length > 0 ? [`    ${values.join(' ')}`] : []),
    `    ${moment_id}`,
  ]
}
