import { timeZone } from '../domain/time-zones.ts'
import type { Answer, FactorAnswer, MomentAnswer, Row, RuleAnswer, Tree } from './answer.ts'
import { valueText } from './blame-words.ts'
import { localText, roughly } from './clock-text.ts'
import { decideLines } from './decide-text.ts'
import { decisionLines } from './decision-lines.ts'
import { inLanguage, type Sentences, sentences } from './sentences.ts'

/** An answer as text for people, in its language, the verdict first. Times are on the subscriber's wall clock. */
export function answerText(answer: Answer): string {
  const say = sentences[answer.language]
  const zone = timeZone(answer.subscriber.time_zone)
  const voice: Voice = { say, when: (iso) => localText(Date.parse(iso), zone, say) }
  const isOfRule = answer.rules.length === 1
  return [
    ...answer.verdict,
    '',
    ...headLines(answer, voice),
    ...section(say.headRules, isOfRule ? [] : ruleLines(answer.rules, say)),
    ...answer.rules.flatMap((rule) =>
      section(say.headRule(rule.rule, inLanguage(rule.title, say.language)), detailLines(rule, voice)),
    ),
    ...section(
      say.headFactors,
      answer.factors.flatMap((factor) => factorLines(factor, voice)),
    ),
    ...section(
      say.headMoments,
      answer.moments.flatMap((moment) => momentLines(moment, answer.as_of.at, voice)),
    ),
    ...section(say.headDecide, answer.decide ? decideLines(answer.decide, voice.when, say) : [say.nothingIsKnown]),
  ].join('\n')
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]

interface Voice {
  readonly say: Sentences
  when(iso: string): string
}

function headLines({ subscriber, as_of, catalogue }: Answer, voice: Voice): readonly string[] {
  const { say, when } = voice
  const { id, shard, time_zone, first_seen, identity_ended_at, segments, newest_events, held } = subscriber
  const since = catalogue.in_force_since === null ? undefined : when(catalogue.in_force_since)
  const cells = Object.entries(segments).map(([dimension, segment]) => `${dimension} ${segment}`)
  const newest = Object.entries(newest_events).map(([type, at]) => `${type} ${when(at)}`)
  return [
    say.subscriberOn(id, shard, time_zone),
    say.asOf(when(as_of.at), sourceText(as_of, voice)),
    say.catalogueVersion(catalogue.number, catalogue.version, since),
    ...(identity_ended_at === null ? [] : [say.theIdentityEnded(when(identity_ended_at))]),
    ...(first_seen === null ? [] : [say.firstSeen(when(first_seen), say.list(newest))]),
    ...(cells.length > 0 ? [say.segments(say.list(cells))] : []),
    ...held.map(({ type, event_id, time, judged_at }) => {
      return say.heldForGrace(type, event_id, when(time), when(judged_at))
    }),
  ]
}

function sourceText(asOf: Answer['as_of'], { say, when }: Voice): string {
  const { source, clock, records_behind, records_read, events, dead_letters, history_cut, at } = asOf
  if (source === 'state') {
    const lag = clock === null ? 0 : Date.parse(at) - Date.parse(clock)
    const stands =
      clock === null ? say.nothingCommitted : say.clockStands(when(clock), lag > 60_000 ? roughly(lag, say) : undefined)
    return say.fromState(stands, say.behind(records_behind ?? 0))
  }
  const refused = dead_letters ? say.deadLetters(dead_letters) : ''
  return say.fromLog(records_read ?? 0, events ?? 0, refused, history_cut ? say.cut : '')
}

function ruleLines(rules: readonly RuleAnswer[], say: Sentences): readonly string[] {
  const telling = rules.filter(({ outcome }) => outcome !== 'quiet')
  const quiet = rules.length - telling.length
  return [...telling.map(({ verdict }) => verdict), ...(quiet > 0 ? [say.othersQuiet(quiet)] : [])]
}

function detailLines({ details, next_due }: RuleAnswer, { say, when }: Voice): readonly string[] {
  if (!details) return []
  const { when: condition, rearm, edge, only, known_history, event, steps = [], cancelled, waiting = [] } = details
  return [
    ...(next_due ? [say.nextJudged(when(next_due.judged_at), when(next_due.at))] : []),
    ...(event ? [say.event(event.type, event.event_id, when(event.time))] : []),
    ...treeLines(say.condition, condition, say),
    ...(edge ? [say.edge(edge)] : []),
    ...treeLines('rearm', rearm, say),
    ...treeLines('only', only, say),
    ...treeLines(say.knownHistoryHead, known_history, say),
    ...(waiting.length > 0 ? [] : steps).map(({ name, times, met }) =>
      say.step(name, times, met.length > 0 ? say.list(met.map(when)) : undefined),
    ),
    ...(cancelled ? [say.wasCancelled(cancelled.by, when(cancelled.at))] : []),
    ...waiting.map(({ event_id, last, deadline, judged_at }) => {
      return say.armed(event_id, when(last), when(deadline), when(judged_at))
    }),
  ]
}

function treeLines(name: string, tree: Tree | undefined, say: Sentences): readonly string[] {
  if (!tree) return []
  const walk = ({ text, value, parts }: Tree, depth: number): readonly string[] => [
    `${'  '.repeat(depth)}${text} = ${valueText(value, say)}`,
    ...parts.flatMap((part) => walk(part, depth + 1)),
  ]
  return [`${name}:`, ...walk(tree, 1)]
}

const rowsShown = 12

function factorLines(factor: FactorAnswer, voice: Voice): readonly string[] {
  const { id, title, unit, value, unknown_because, of, window, rows, parts } = factor
  const { say } = voice
  const because = unknown_because === null ? '' : say.because(unknown_because)
  const name = inLanguage(title, say.language)
  return [
    `${id} = ${valueText(value, say)}${unit === null || value === null ? '' : ` ${unit}`}${because}   ${name}`,
    `    ${of}${window === null ? '' : `; ${window}`}`,
    ...rowLines(rows, voice),
    ...parts.flatMap((part) => [
      `    ${part.name} = ${valueText(part.value, say)}: ${part.of}${part.window === null ? '' : `; ${part.window}`}`,
      ...rowLines(part.rows, voice),
    ]),
  ]
}

function rowLines(rows: readonly Row[], { say, when }: Voice): readonly string[] {
  const shown = rows.slice(0, rowsShown).map(({ from, to, events, value, event_id }) => {
    const time = to === undefined ? when(from) : say.fromTo(when(from), when(to))
    const what = [
      ...(value === undefined ? [] : [valueText(value, say)]),
      ...(events === undefined || (events === 1 && to === undefined) ? [] : [say.events(events)]),
      ...(event_id === undefined ? [] : [event_id]),
    ]
    return `      ${time}${what.length > 0 ? `  ${what.join('  ')}` : ''}`
  })
  return rows.length > rowsShown ? [...shown, `      ${say.more(rows.length - rowsShown)}`] : shown
}

function momentLines(moment: MomentAnswer, asOf: string, { say, when }: Voice): readonly string[] {
  const { rule, at, detected_at, mode, evidence, do_not_disturb: own, became, moment_id } = moment
  const values = Object.entries(evidence).map(([name, value]) => `${name}=${String(value)}`)
  const noticed = at !== null && detected_at !== null && detected_at !== at ? say.noticed(when(detected_at)) : ''
  return [
    `${at === null ? say.noTime : when(at)}  ${rule}${mode === 'shadow' ? say.trial : ''}${noticed}${at !== null && at > asOf ? say.later : ''}`,
    `    ${became}`,
    ...saidLines(moment),
    ...decisionLines(moment, when, say).map((line) => `    ${line}`),
    ...(own ? [`    ${say.interval(own.phase, own.code, own.key, when(own.until))}`] : []),
    ...(values.length > 0 ? [`    ${values.join(' ')}`] : []),
    `    ${moment_id}`,
  ]
}

/** What was said to the subscriber last, and of which values. */
function saidLines({ decisions }: MomentAnswer): readonly string[] {
  const last = decisions.findLast(({ text }) => text !== null)
  if (!last?.text) return []
  const put = Object.entries(last.evidence).flatMap(([name, value]) =>
    name.startsWith('text.') ? [`${name.slice('text.'.length)}=${String(value)}`] : [],
  )
  return [`    "${last.text}"${put.length > 0 ? ` (${put.join(' ')})` : ''}`]
}
