import { didYouMean, didYouMeanOneOf } from '../domain/nearest-name.ts'
import { type EventField, eventFields } from './event-fields.ts'
import type { Expression, ValueType } from './expression.ts'
import { daysFrom, type Made } from './factor-desugar.ts'
import { checkWindow } from './factor-window.ts'
import { atLeastZero, rangeOf } from './ranges.ts'
import type { RawFactor } from './raw.ts'
import type { EventFactor, Window } from './ruleset.ts'
import { fieldScope, readAs } from './scope.ts'
import type { Subject } from './subject.ts'

const notOfProfiles = ['event_id', 'subscriber_id', 'event_time', 'source']
const namedOtherwise: ReadonlyMap<string, string> = new Map([
  ['products', 'product: NAME'],
  ['tags', 'tag: NAME'],
  ['consent', 'consent: { channel: sms, purpose: marketing }'],
])
const ofChanges = ['previous', 'unchanged', 'became'] as const

/**
 * A field of the profile: its newest value, or what is known of its changes. A profile that names a value again is no
 * change, so that a source may send whole profiles as often as it likes.
 */
export function checkProfile(raw: RawFactor, subject: Subject): Made | undefined {
  const name = raw.profile ?? ''
  const isOwn = Object.hasOwn(eventFields.profile, name) && !notOfProfiles.includes(name)
  const field = isOwn ? eventFields.profile[name] : undefined
  const type = field && readAs(field.type)
  if (!field || !type) {
    const readable = Object.keys(eventFields.profile).filter(
      (other) => !notOfProfiles.includes(other) && readAs(eventFields.profile[other]?.type ?? 'map'),
    )
    const hint = namedOtherwise.has(name)
      ? `; write ${namedOtherwise.get(name)}`
      : didYouMean(name, readable) || `; it has ${readable.join(', ')}`
    subject.fault('KM_RULE_UNKNOWN_FIELD', `a profile has no value '${name}'${hint}`, ['profile'])
    return undefined
  }
  const [asked, other] = ofChanges.filter((key) => raw[key] !== undefined && raw[key] !== false)
  if (other !== undefined) {
    subject.fault('KM_FACTOR_KIND', `a factor is one of ${asked} and ${other}, not both`, [other])
    return undefined
  }
  if (raw.window !== undefined && asked !== 'became') {
    subject.fault('KM_FACTOR_WINDOW', 'only became takes a window', ['window'])
    return undefined
  }
  return made(raw, { name, field, type, asked }, subject)
}

interface Asked {
  readonly name: string
  readonly field: EventField
  readonly type: ValueType
  readonly asked: (typeof ofChanges)[number] | undefined
}

function made(raw: RawFactor, { name, field, type, asked }: Asked, subject: Subject): Made | undefined {
  const value: Expression = { kind: 'field', type, name, optional: true }
  const known = { type, range: rangeOf(value, fieldScope(['profile'])), ...(field.values && { values: field.values }) }
  const over = (
    aggregate: EventFactor['aggregate'],
    id = raw.id,
    ofType = type,
    window: Window = { kind: 'lifetime' },
  ) => ({ id, type: ofType, definition: { kind: 'events', from: ['profile'], value, aggregate, window } }) as const
  switch (asked) {
    case undefined:
      return { factors: [over({ kind: 'current' })], known }
    case 'previous':
      return { factors: [over({ kind: 'before' })], known }
    case 'unchanged': {
      if (raw.unchanged === 'hours') {
        return {
          factors: [over({ kind: 'change-age' }, raw.id, 'double')],
          known: { type: 'double', range: atLeastZero },
        }
      }
      const date = over({ kind: 'change-date' }, `${raw.id}$date`, 'int')
      return { factors: [date, daysFrom(raw.id, date.id)], known: { type: 'int', range: atLeastZero } }
    }
    case 'became': {
      const window = checkWindow(raw, subject, { fallback: undefined, taken: ['rolling'], shift: 0 })
      const text = raw.became ?? ''
      if (type !== 'string') {
        subject.fault('KM_FACTOR_VALUE', `'${name}' is ${type}; became is of texts`, ['became'])
      } else if (field.values && !field.values.includes(text)) {
        const message = `'${name}' is never '${text}'${didYouMeanOneOf(text, field.values)}`
        subject.fault('KM_FACTOR_VALUE', message, ['became'])
      } else if (window) {
        const factor = over({ kind: 'became', value: text }, raw.id, 'int', window)
        return { factors: [factor], known: { type: 'int', range: atLeastZero, always: true } }
      }
      return undefined
    }
  }
}
