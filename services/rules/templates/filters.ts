import { dayMs, timeZone } from '../../domain/time-zones.ts'
import { dateFormat, moneyFormat, numberFormat, plain, pluralForms, pluralRules } from './formats.ts'
import type { Argument } from './template.ts'
import type { Kind } from './values.ts'

/** For whom a value is written. */
export interface Voice {
  /** ISO 639-1. */
  readonly language: string
  /** IANA name of the zone in which the subscriber is. */
  readonly zone: string
  /** ISO 4217; undefined: money cannot be written. */
  readonly currency: string | undefined
}

interface Filter {
  /** What may stand before it. */
  readonly takes: readonly Kind[]
  readonly meaning: string
  readonly example: string
  /** What is wrong with its arguments; undefined: nothing. */
  wrong(values: readonly Argument[], language: string): string | undefined
  /** null: the value cannot be written so. */
  write(value: number, values: readonly Argument[], voice: Voice, kind: Kind): string | null
}

const numbers = ['int', 'double'] as const
const digitsMost = 3

/** At most one argument: digits behind the point. */
const oneOfDigits = ([digits = 0, ...others]: readonly Argument[]): string | undefined =>
  others.length === 0 && typeof digits === 'number' && Number.isInteger(digits) && digits >= 0 && digits <= digitsMost
    ? undefined
    : `takes one number, the digits behind the point, 0 to ${digitsMost}`

const digitsIn = ([digits]: readonly Argument[]): number => (typeof digits === 'number' ? digits : 0)

/** MB from which a volume is told in GB. */
const gigabyteFrom = 1000
const megabytesOfGigabyte = 1024

const dateStyles = ['day', 'full', 'weekday', 'time'] as const
type DateStyle = (typeof dateStyles)[number]
const isDateStyle = (text: Argument): text is DateStyle => dateStyles.some((style) => style === text)

/** Instants whose year has four digits, and none before the telephone. */
const earliest = Date.UTC(1876, 0)
const latest = Date.UTC(10_000, 0)

/** What a number of the evidence is written with, by name. `default` stands apart: it takes what is missing. */
export const filters = {
  money: {
    takes: numbers,
    meaning: 'minor units as money, in the currency of the policy; whole amounts without decimals',
    example: '{{ balance | money }}',
    wrong: (values) => (values.length === 0 ? undefined : 'takes nothing behind it'),
    write(value, _values, { language, currency }) {
      if (currency === undefined) return null
      const { format, digits } = moneyFormat(language, currency)
      return plain(format.format(Math.round(value) / 10 ** digits))
    },
  },
  number: {
    takes: numbers,
    meaning: 'a number as the language writes it, rounded; behind it how many decimals at most',
    example: '{{ line_speed_min_7d | number: 1 }}',
    wrong: oneOfDigits,
    write: (value, values, { language }) => plain(numberFormat(language, 'decimal', digitsIn(values)).format(value)),
  },
  percent: {
    takes: numbers,
    meaning: 'a share from 0 to 1 as per cent; behind it how many decimals at most',
    example: '{{ bonus_left_share | percent }}',
    wrong: oneOfDigits,
    write: (value, values, { language }) => plain(numberFormat(language, 'percent', digitsIn(values)).format(value)),
  },
  data: {
    takes: numbers,
    meaning: 'MB as MB, from 1,000 on as GB (of 1,024 MB) with one decimal',
    example: '{{ data_mb_month_1 | data }}',
    wrong: (values) => (values.length === 0 ? undefined : 'takes nothing behind it'),
    write(value, _values, { language }) {
      const isLarge = Math.abs(Math.round(value)) >= gigabyteFrom
      const format = numberFormat(language, 'decimal', isLarge ? 1 : 0)
      const space = language === 'zh' || language === 'ja' ? '' : ' '
      return plain(`${format.format(isLarge ? value / megabytesOfGigabyte : value)}${space}${isLarge ? 'GB' : 'MB'}`)
    },
  },
  plural: {
    takes: ['int'],
    meaning: 'a whole number and its word, which follows it; one for each plural form of the language',
    example: '{{ contract_days_left | plural: " day", " days" }}',
    wrong(values, language) {
      const forms = pluralForms(language)
      const fits = values.length === forms.length && values.every((value) => typeof value === 'string')
      return fits ? undefined : `takes ${forms.length === 1 ? 'a text' : `${forms.length} texts`}: ${forms.join(', ')}`
    },
    write(value, values, { language }) {
      const word = values[pluralForms(language).indexOf(pluralRules(language).select(value))]
      return word === undefined ? null : plain(`${numberFormat(language, 'decimal', 0).format(value)}${word}`)
    },
  },
  date: {
    takes: ['date', 'time'],
    meaning:
      'a date, or a time where the subscriber is: `"day"` (by default: 3 Mar), `"full"` (with the year), `"weekday"`, or `"time"` of day',
    example: '{{ contract_end | date: "full" }}',
    wrong: ([style = 'day', ...others]) =>
      others.length === 0 && isDateStyle(style) ? undefined : `takes one of "${dateStyles.join('", "')}"`,
    write(value, [style = 'day'], { language, zone }, kind) {
      // A date has no time of day.
      if (!isDateStyle(style) || (kind === 'date' && style === 'time')) return null
      const at = kind === 'date' ? value * dayMs : value
      if (!(at >= earliest && at < latest)) return null
      return plain(dateFormat(language, style).format(kind === 'date' ? at : at + timeZone(zone).offsetAt(at)))
    },
  },
} as const satisfies Readonly<Record<string, Filter>>

/** A filter by name; undefined: there is none. */
export const filterOf = (name: string): Filter | undefined => (isFilter(name) ? filters[name] : undefined)

const isFilter = (name: string): name is keyof typeof filters => Object.hasOwn(filters, name)

export const filterNames: readonly string[] = [...Object.keys(filters), 'default']
