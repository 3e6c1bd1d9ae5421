import type { Expression } from '../expression.ts'
import { type Names, toJavaScript } from '../javascript.ts'
import type { GeneratedParts } from './generate-alike.ts'

/** Statements for the events that meet a condition over their fields. */
export interface DispatchItem {
  readonly where: Expression | undefined
  readonly body: string
}

interface Case {
  readonly field: string
  readonly words: readonly string[]
  /** What else must hold; undefined: nothing. */
  readonly rest: Expression | undefined
}

/** More than so many items under one function are functions of their own: engines don't optimize a function without end. */
const inlineMost = 8
/** More words than this are looked up in a table: engines give up on a switch of thousands. */
const switchMost = 16

/**
 * Source of statements that run the bodies whose conditions the event meets. Items that ask one field for a word
 * (`app == "x" && …`) share a switch or table, so that a thousand of them cost one jump; those of one word are parted by
 * what else they ask. Words' codes are whole numbers from 1.
 */
export function dispatchSource(items: readonly DispatchItem[], names: Names, parts: GeneratedParts): string {
  const asked = items.map(({ where }) => casesOf(where))
  const wordsByField = new Map<string, Set<string>>()
  const shared = new Set<string>()
  for (const cases of asked) {
    for (const { field, words } of cases) {
      const known = wordsByField.get(field)
      if (known) shared.add(field)
      const all = known ?? new Set<string>()
      for (const word of words) all.add(word)
      wordsByField.set(field, all)
    }
  }
  // The field with the most words parts the items best.
  const wordsOf = ({ field }: Case): number => wordsByField.get(field)?.size ?? 0
  const many = items.length > inlineMost
  const plain: string[] = []
  const switches = new Map<string, Map<string, DispatchItem[]>>()
  items.forEach(({ where, body }, i) => {
    const best = asked[i]?.filter(({ field }) => shared.has(field)).sort((a, b) => wordsOf(b) - wordsOf(a))[0]
    if (!best) {
      const statement = where ? `if (${toJavaScript(where, names).source}) { ${body} }` : `{ ${body} }`
      plain.push(many ? parts.call(statement) : statement)
      return
    }
    const cases = switches.get(best.field) ?? new Map<string, DispatchItem[]>()
    switches.set(best.field, cases)
    const once = best.words.length > 1 ? parts.call(body) : body
    for (const word of best.words) {
      const own = cases.get(word) ?? []
      cases.set(word, own)
      own.push({ where: best.rest, body: once })
    }
  })
  for (const [field, cases] of switches) {
    // Whole numbers, so that the switch is a jump; a field that the event doesn't have is 0, another word -1.
    const asked = `${names.field(field)} | 0`
    const bodies = [...cases].map(
      ([word, own]) => [names.word(field, word), dispatchSource(own, names, parts)] as const,
    )
    if (bodies.length > switchMost) {
      const table = parts.table(new Map(bodies.map(([code, body]) => [Number(code), parts.nameOf(body)])))
      plain.push(`{ const word = ${asked}; if (word > 0 && word < ${table}.length) ${table}[word]() }`)
      continue
    }
    const labelled = bodies.map(([code, body]) => `case ${code}: ${many ? parts.call(body) : body}; break`)
    plain.push(`switch (${asked}) {\n${labelled.join('\n')}\n}`)
  }
  return plain.join('\n')
}

/** The conjuncts that ask a text field for words, each with what is left. */
function casesOf(where: Expression | undefined): Case[] {
  const parts = where ? conjuncts(where) : []
  return parts.flatMap((part, i) => {
    const asked = wordsAsked(part)
    if (!asked) return []
    return [{ ...asked, rest: joined(parts.filter((_, j) => j !== i)) }]
  })
}

const conjunction = { kind: 'binary', type: 'bool', operator: '&&' } as const

/** The condition that all of these hold; undefined: there are none. */
export const joined = ([first, ...more]: readonly Expression[]): Expression | undefined =>
  first && more.reduce<Expression>((left, right) => ({ ...conjunction, left, right }), first)

/** What must all hold for the condition to hold. */
export function conjuncts(expression: Expression): Expression[] {
  return expression.kind === 'binary' && expression.operator === '&&'
    ? [...conjuncts(expression.left), ...conjuncts(expression.right)]
    : [expression]
}

/** The words of a text field of the event one of which it must have for a conjunct to hold. */
export function wordsAsked(expression: Expression): { field: string; words: readonly string[] } | undefined {
  if (expression.kind === 'in' && expression.operand.kind === 'field') {
    const words = expression.values.filter((value) => typeof value === 'string')
    return words.length > 0 ? { field: expression.operand.name, words: [...new Set(words)] } : undefined
  }
  if (expression.kind !== 'binary' || expression.operator !== '==') return undefined
  const { left, right } = expression
  const [field, literal] = left.kind === 'field' ? [left, right] : [right, left]
  if (field.kind !== 'field' || literal.kind !== 'literal' || typeof literal.value !== 'string') return undefined
  return { field: field.name, words: [literal.value] }
}
