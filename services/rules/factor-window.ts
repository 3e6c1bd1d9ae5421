import type { PeriodUnit } from '../domain/civil-periods.ts'
import { matchOf } from './match.ts'
import type { RawFactor, RawWindowParts } from './raw.ts'
import type { Window } from './ruleset.ts'
import { day, hour, type Subject, second } from './subject.ts'

/** Longest window in milliseconds: three months of days. */
const rollingMax = 92 * day
/** Periods and panes a window, the shift included. */
const periodsMax = 96
/** Newest events a window. */
const eventsMax = 32

const civilKeys = {
  hours: 'hour',
  days: 'day',
  weeks: 'week',
  months: 'month',
  billing_months: 'billing-month',
} as const satisfies Readonly<Record<string, PeriodUnit>>
type CivilKey = keyof typeof civilKeys
const isCivilKey = (key: string): key is CivilKey => Object.hasOwn(civilKeys, key)

export type WindowKind = Window['kind']

/**
 * The window of a factor over events, or undefined with its faults. `fallback` is what is meant where none is given;
 * `taken` are the kinds that the aggregate takes; `shift` is `ago` where it is left out.
 */
export function checkWindow(
  raw: RawFactor,
  subject: Subject,
  { fallback, taken, shift }: { fallback: Window | undefined; taken: readonly WindowKind[]; shift: number },
): Window | undefined {
  const fault = (message: string) => {
    subject.fault('KM_FACTOR_WINDOW', message, raw.window === undefined ? ['aggregate'] : ['window'])
    return undefined
  }
  if (raw.window === undefined) {
    return fallback ?? fault(`${raw.aggregate} needs a window: ${examplesOf(taken)}`)
  }
  const window: Window | undefined =
    raw.window === 'lifetime' ? { kind: 'lifetime' } : windowOf(raw.window, subject, shift, fault)
  if (!window) return undefined
  if (taken.includes(window.kind)) return window
  return fault(`${raw.aggregate} takes ${examplesOf(taken)}; ${unfit[window.kind]}`)
}

const examples: Readonly<Record<WindowKind, string>> = {
  lifetime: 'lifetime',
  rolling: '{ rolling: 168h }',
  panes: '{ rolling: 168h, pane: 1h }',
  civil: '{ days: 7 }',
  last: '{ last: 5 }',
  since: '{ since: { on: recharge } }',
}

const unfit: Readonly<Record<WindowKind, string>> = {
  lifetime: 'a lifetime has no periods',
  rolling: 'an exact rolling window keeps no distribution, give it a pane',
  panes: 'panes are no periods of the subscriber',
  civil: 'civil periods do not fit',
  last: 'the newest events do not fit',
  since: 'what is kept since an event does not fit',
}

const examplesOf = (kinds: readonly WindowKind[]): string => {
  const shown = kinds.map((kind) => examples[kind])
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}` : (shown[0] ?? '')
}

function windowOf(
  raw: RawWindowParts,
  subject: Subject,
  shift: number,
  fault: (message: string) => undefined,
): Window | undefined {
  const main = Object.keys(raw).filter((key) => key !== 'pane' && key !== 'ago')
  const [key] = main
  if (key === undefined || main.length > 1) {
    return fault('a window has one of rolling, hours, days, weeks, months, billing_months, last, since')
  }
  if (raw.pane !== undefined && key !== 'rolling') return fault(`pane goes with rolling, not with ${key}`)
  if (raw.ago !== undefined && !isCivilKey(key)) return fault(`ago shifts civil periods, not ${key}`)
  if (isCivilKey(key)) return civil(key, raw[key] ?? 0, raw.ago ?? shift, fault)
  if (raw.last !== undefined) {
    return raw.last <= eventsMax
      ? { kind: 'last', events: raw.last }
      : fault(`the newest ${raw.last} events are more than are kept; a window has 1 to ${eventsMax}`)
  }
  if (raw.since) {
    const anchor = matchOf(raw.since, ['window', 'since'], subject)
    return anchor && { kind: 'since', anchor }
  }
  return rolling(raw.rolling ?? '', raw.pane, subject, fault)
}

function civil(key: CivilKey, periods: number, ago: number, fault: (message: string) => undefined): Window | undefined {
  if (periods + ago > periodsMax) {
    const said = ago > 0 ? `${periods} ${key} ${ago} ago reach back ${periods + ago}` : `${periods} ${key}`
    return fault(`${said}; a window reaches back ${periodsMax} ${key} at most, take a longer unit`)
  }
  return { kind: 'civil', unit: civilKeys[key], periods, ago }
}

function rolling(
  text: string,
  paneText: string | undefined,
  subject: Subject,
  fault: (message: string) => undefined,
): Window | undefined {
  const length = subject.duration(text, ['window', 'rolling'], { least: second, most: Number.MAX_SAFE_INTEGER })
  if (length > rollingMax) {
    return fault(`${text} is more than 92d; a longer window goes by civil periods, as { months: 12 }`)
  }
  if (paneText === undefined) return length > 0 ? { kind: 'rolling', length } : undefined
  const pane = subject.duration(paneText, ['window', 'pane'], { least: second, most: rollingMax })
  if (length === 0 || pane === 0) return undefined
  const panes = length / pane
  if (!Number.isInteger(panes)) return fault(`${text} is not a whole number of panes of ${paneText}`)
  if (panes < 1 || panes > periodsMax) {
    return fault(`${text} is ${panes} panes of ${paneText}; a window has 1 to ${periodsMax}`)
  }
  return { kind: 'panes', pane, panes }
}

/** Length in milliseconds of a window whose length doesn't vary. A civil day counts as 24 hours. */
export function lengthOf(window: Window): number | undefined {
  switch (window.kind) {
    case 'rolling':
      return window.length
    case 'panes':
      return window.panes * window.pane
    case 'civil': {
      const unit = { hour, day, week: 7 * day, month: undefined, 'billing-month': undefined }[window.unit]
      return unit && window.periods * unit
    }
    default:
      return undefined
  }
}

/** Over nothing a count is 0, and never unknown; but a period before first sight and an anchor that never came are. */
export const isAlways = (window: Window): boolean =>
  window.kind !== 'since' && !(window.kind === 'civil' && window.ago > 0)
