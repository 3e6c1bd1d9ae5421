import type { Example, Report, RuleRow, Sides, Tally } from '../services/backtest/report.ts'
import { columns } from './columns.ts'

type Row = readonly [name: string, ...figures: string[]]

/** A report for people: what was tried, what differs, and what is to be known about it. */
export function backtestLines(report: Report): string[] {
  const { rules, shadow, total, decisions } = report
  return [
    ...heading(report),
    ...ruleTable('rule', rules, total),
    ...ruleTable('on trial (never sent)', shadow),
    ...examples([...rules, ...shadow]),
    ...tallies('day', report.by_day, ({ day }) => day),
    ...section(['hour', ...tallyNames, 'commands'], report.by_hour, ({ hour, commands, ...tally }) => [
      `${String(hour).padStart(2, '0')}:00`,
      ...figures(tally),
      change(commands),
    ]),
    ...section(
      ['sent by', 'hour', 'commands', 'in parts', 'cost of offers at most'],
      report.volume,
      ({ channel, hour, commands, parts, cost }) => [
        channel,
        `${String(hour).padStart(2, '0')}:00`,
        change(commands),
        change(parts),
        change(cost, money),
      ],
    ),
    ...tallies('segment', report.by_segment, ({ dimension, segment }) => `${dimension} ${segment}`),
    ...bothSides('commands', decisions.commands, ({ channel }) => channel),
    ...bothSides('offers', decisions.offers, ({ offer }) => offer),
    ...bothSides('suppressed', decisions.suppressed, ({ code }) => code),
    ...bothSides('deferred', decisions.deferred, ({ code }) => code),
    ...(report.notes.length > 0 ? [''] : []),
    ...report.notes.map(({ code, message }) => `${code}  ${message}`),
  ]
}

function heading({ candidate, present, recorded }: Report): string[] {
  const { events, warmUp, receipts, first, last, shards, profilesBefore, before, after, counted_from, end } = recorded
  const number = Object.values(events).reduce((sum, count) => sum + count, 0)
  const others = [
    ...(warmUp > 0 ? [`${warmUp} of them warm up`] : []),
    ...(receipts > 0 ? [`${receipts} receipts`] : []),
    ...(profilesBefore > 0 ? [`${profilesBefore} profiles from before`] : []),
    ...(before + after > 0 ? [`${before + after} outside the period are left out`] : []),
  ]
  const of = [`${number} from ${first} to ${last}`, ...others, `${shards} shards`, `the clock ends at ${end}`]
  return columns([
    ['candidate', `${candidate.name}  ${candidate.version}`],
    ['present', `${present.name}  ${present.version}`],
    ['events', of.join('; ')],
    ...(counted_from === null ? [] : [['counted', `what fires from ${counted_from} on`]]),
  ])
}

const signs = { added: '+', removed: '-', changed: '~', unchanged: '' } as const

/** Rules that neither fire nor change say nothing. */
function ruleTable(title: string, rules: readonly RuleRow[], total?: Tally): string[] {
  const shown = rules.filter((row) => row.present + row.candidate > 0 || row.change !== 'unchanged')
  if (shown.length === 0) return total ? ['', 'no rule fires, with either'] : []
  return [
    '',
    ...columns([
      ['', title, 'kind', ...tallyNames, 'subscribers', 'commands'],
      ...shown.map((row) => [
        signs[row.change],
        row.rule,
        row.kind,
        ...figures(row),
        who(row.subscribers),
        change(row.commands),
      ]),
      ...(total ? [['', 'all', '', ...figures(total)]] : []),
    ]),
  ]
}

const change = ({ present, candidate }: Sides, text: (count: number) => string = String): string =>
  present + candidate === 0 ? '' : `${text(present)} → ${text(candidate)}`

/** Of minor units. */
const money = (minor: number): string => (minor / 100).toFixed(2)

/** `11 → 57  +46`: how many whom nobody reached before, and whom nobody reaches any more. */
function who({ added, gone, ...both }: Tally): string {
  return [change(both), added > 0 ? ` +${added}` : '', gone > 0 ? ` -${gone}` : ''].join('')
}

const tallyNames = ['present', 'candidate', 'same', 'added', 'gone'] as const
const figures = (tally: Tally): string[] => tallyNames.map((name) => String(tally[name]))

function examples(rules: readonly RuleRow[]): string[] {
  const rows = rules.flatMap(({ rule, examples: { added, gone } }) => [
    ...added.map((example) => ['+', rule, ...exampleCells(example)]),
    ...gone.map((example) => ['-', rule, ...exampleCells(example)]),
  ])
  return rows.length === 0 ? [] : ['', 'for example', ...columns(rows)]
}

function exampleCells({ subscriber_id, at, evidence, decision }: Example): string[] {
  const values = Object.entries(evidence).map(
    ([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toFixed(2)) : (value ?? 'unknown')}`,
  )
  const said = decision ? [decision.outcome, decision.code ?? decision.channel ?? ''].join(' ').trim() : ''
  return [subscriber_id, at, said, values.join(', ')]
}

function tallies<T extends Tally>(title: string, rows: readonly T[], nameOf: (row: T) => string): string[] {
  return section([title, ...tallyNames], rows, (row) => [nameOf(row), ...figures(row)])
}

function bothSides<T extends Sides>(title: string, rows: readonly T[], nameOf: (row: T) => string): string[] {
  return section([title, 'present', 'candidate'], rows, (row) => [
    nameOf(row),
    String(row.present),
    String(row.candidate),
  ])
}

function section<T>(head: Row, rows: readonly T[], rowOf: (row: T) => Row): string[] {
  return rows.length === 0 ? [] : ['', ...columns([head, ...rows.map(rowOf)])]
}
