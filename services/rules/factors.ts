import { eventFields } from './event-fields.ts'
import type { Expression, ValueType } from './expression.ts'
import type { RawFactor } from './raw.ts'
import type { Factor, Window } from './ruleset.ts'
import { fieldScope } from './scope.ts'
import { day, type Subject, second } from './subject.ts'

/** Names which mean something else in a condition. */
const taken = new Set([
  'event',
  'int',
  'uint',
  'double',
  'bool',
  'string',
  'bytes',
  'has',
  'in',
  'true',
  'false',
  'null',
  'type',
  'list',
  'map',
  'dyn',
  'size',
  'duration',
  'timestamp',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
  'all',
  'exists',
  'filter',
  'optional',
  'matches',
  'null_type',
  'bind',
  'cel',
  'prototype',
])

/** Longest window: three months of days. */
const windowMax = 92 * day

/** A factor from its raw form, or undefined with its faults. */
export function checkFactor(raw: RawFactor, subject: Subject): Factor | undefined {
  if (taken.has(raw.id)) {
    subject.fault('KM_FACTOR_ID', `'${raw.id}' means something else in conditions; choose another name`, ['id'])
    return undefined
  }
  const scope = fieldScope([raw.from])
  const where = raw.where === undefined ? undefined : subject.condition(raw.where, ['where'], scope)
  const value = checkValue(raw, subject)
  const window = checkWindow(raw, subject)
  if ((raw.where !== undefined && !where) || value === 'faulty' || !window) return undefined
  return {
    id: raw.id,
    title: raw.title,
    ...(raw.class && { class: raw.class }),
    ...(raw.category && { category: raw.category }),
    from: raw.from,
    ...(where && { where }),
    ...(value && { value }),
    aggregate: raw.aggregate,
    window,
    type: value?.type ?? 'int',
    location: subject.node.at([]),
  }
}

const valueTypes: Readonly<Record<'sum' | 'last', readonly ValueType[]>> = {
  sum: ['int', 'double'],
  last: ['int', 'double', 'bool'],
}

function checkValue(raw: RawFactor, subject: Subject): Expression | undefined | 'faulty' {
  if (raw.aggregate === 'count') {
    if (raw.value === undefined) return undefined
    subject.fault('KM_FACTOR_VALUE', 'count counts events and takes no value; did you mean sum?', ['value'])
    return 'faulty'
  }
  if (raw.value === undefined) {
    const fields = Object.keys(eventFields[raw.from]).join(', ')
    subject.fault('KM_FACTOR_VALUE', `${raw.aggregate} needs a value over the fields of ${raw.from}: ${fields}`, [
      'aggregate',
    ])
    return 'faulty'
  }
  const scope = fieldScope([raw.from])
  return subject.expression(raw.value, ['value'], scope, valueTypes[raw.aggregate]) ?? 'faulty'
}

function checkWindow(raw: RawFactor, subject: Subject): Window | undefined {
  const { window } = raw
  const fault = (message: string) => {
    subject.fault('KM_FACTOR_WINDOW', message, window === undefined ? ['aggregate'] : ['window'])
    return undefined
  }
  if (raw.aggregate === 'last') {
    if (window === undefined || window === 'lifetime') return { kind: 'lifetime' }
    return fault('last keeps the newest value for a lifetime and takes no other window')
  }
  if (window === undefined) return fault(`${raw.aggregate} needs a window: { days: 7 }, { rolling: 168h } or lifetime`)
  if (window === 'lifetime') return { kind: 'lifetime' }
  if ((window.days === undefined) === (window.rolling === undefined))
    return fault('a window has either days or rolling')
  if (window.days !== undefined) {
    return window.pane === undefined
      ? { kind: 'days', days: window.days }
      : fault('pane goes with rolling, not with days')
  }
  return rolling(window.rolling ?? '', window.pane, subject, fault)
}

function rolling(
  text: string,
  paneText: string | undefined,
  subject: Subject,
  fault: (message: string) => undefined,
): Window | undefined {
  const range = { least: second, most: windowMax }
  const length = subject.duration(text, ['window', 'rolling'], range)
  if (paneText === undefined) return length > 0 ? { kind: 'rolling', length } : undefined
  const pane = subject.duration(paneText, ['window', 'pane'], range)
  if (length === 0 || pane === 0) return undefined
  const panes = length / pane
  if (!Number.isInteger(panes)) return fault(`${text} is not a whole number of panes of ${paneText}`)
  if (panes < 1 || panes > 96) return fault(`${text} is ${panes} panes of ${paneText}; a window has 1 to 96`)
  return { kind: 'panes', pane, panes }
}
