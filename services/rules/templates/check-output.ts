import { didYouMeanOneOf } from '../../domain/nearest-name.ts'
import type { ProblemCode } from '../problem.ts'
import { filterNames, filterOf } from './filters.ts'
import type { Call, Output } from './template.ts'
import type { Kind } from './values.ts'

/** What is known of a variable before any moment. */
export interface KnownVariable {
  readonly kind: Kind
  /** Why it may have no value; undefined: it always has one. */
  readonly missing?: string
}

/** What messages in a language can be written with. */
interface Means {
  readonly language: string
  /** The policy names none; of one that couldn't be read nobody knows. */
  readonly lacksCurrency: boolean
}

type Tell = (code: ProblemCode, message: string, offset: number) => void

/** Whether the filters of an output fit, one behind the other, and leave a text in each case. */
export function checkOutput({ name, calls, offset }: Output, variable: KnownVariable, means: Means, tell: Tell): void {
  let { kind, missing } = variable
  for (const call of calls) {
    const next = call.name === 'default' ? checkDefault(call, kind, tell) : checkFilter(call, kind, means, tell)
    if (next === undefined) return
    kind = next
    if (call.name === 'default') missing = undefined
  }
  if (kind !== 'text') tell('KM_TEMPLATE_FILTER', `'${name}' is ${kindWords[kind]}: ${howToSay(kind)}`, offset)
  if (missing !== undefined) {
    const message = `'${name}' may be missing: ${missing}; say what stands in its place: | default: "…"`
    tell('KM_TEMPLATE_MISSING', message, offset)
  }
}

const kindWords: Readonly<Record<Kind, string>> = {
  int: 'a whole number',
  double: 'a number',
  bool: 'true or false',
  text: 'a text',
  date: 'a date',
  time: 'a time',
}

function howToSay(kind: Kind): string {
  if (kind === 'bool') return 'a message cannot say it'
  const fitting = filterNames.filter((name) => filterOf(name)?.takes.includes(kind))
  return `say how it is written, by ${fitting.length === 1 ? fitting.join() : `one of ${fitting.join(', ')}`}`
}

/** @returns the kind behind it; undefined after a fault */
function checkDefault({ values, offset }: Call, kind: Kind, tell: Tell): Kind | undefined {
  const fault = (message: string) => void tell('KM_TEMPLATE_FILTER', message, offset)
  const [value, ...others] = values
  if (value === undefined || others.length > 0) return fault('default takes one value: what is said instead')
  if (kind !== 'text' && kind !== 'int' && kind !== 'double') {
    return fault(`default stands behind the filter that writes ${kindWords[kind]}`)
  }
  if ((kind === 'text') === (typeof value === 'string')) return hasBraces(value) ? fault(noBraces) : kind
  const wanted = kind === 'text' ? 'a text in quotes' : 'a number, or stands behind the filter that writes it'
  return fault(`default takes ${wanted} here`)
}

function checkFilter(
  { name, values, offset }: Call,
  kind: Kind,
  { language, lacksCurrency }: Means,
  tell: Tell,
): Kind | undefined {
  const fault = (message: string) => void tell('KM_TEMPLATE_FILTER', message, offset)
  const filter = filterOf(name)
  if (!filter) return fault(`no filter '${name}'${didYouMeanOneOf(name, filterNames)}`)
  if (!filter.takes.includes(kind)) {
    const takes = filter.takes.map((taken) => kindWords[taken]).join(' or ')
    return fault(`${name} takes ${takes}, and what stands before it is ${kindWords[kind]}`)
  }
  const wrong = filter.wrong(values, language)
  if (wrong !== undefined) return fault(`${name} ${wrong}`)
  if (values.some(hasBraces)) return fault(noBraces)
  if (name === 'money' && lacksCurrency) {
    return fault('money needs the currency of policy.yaml, as currency: CNY')
  }
  if (name === 'date' && kind === 'date' && values[0] === 'time') return fault('a date has no time of day')
  return 'text'
}

const hasBraces = (value: number | string): boolean => /[{}]/.test(String(value))
const noBraces = 'a text with braces has no place in a message'
