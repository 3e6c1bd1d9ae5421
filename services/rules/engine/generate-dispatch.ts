import type { Expression } from '../expression.ts'
import { type Names, toJavaScript } from '../javascript.ts'

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

/**
 * Source of statements that run the bodies whose conditions the event meets. Items that ask one field for a word
 * (`app == "x" && …`) share a switch, so that a thousand of them cost one jump. `functions` takes function declarations.
 * Words' codes are whole numbers from 1.
 */
export function dispatchSource(items: readonly DispatchItem[], names: Names, functions: string[]): string {
  const counts = new Map<string, number>()
  for (const { where } of items) {
    for (const field of new Set(casesOf(where).map((one) => one.field))) counts.set(field, (counts.get(field) ?? 0) + 1)
  }
  const many = items.length > inlineMost
  const plain: string[] = []
  const switches = new Map<string, Map<string, string[]>>()
  for (const { where, body } of items) {
    const best = casesOf(where).sort((a, b) => (counts.get(b.field) ?? 0) - (counts.get(a.field) ?? 0))[0]
    const isShared = best !== undefined && (counts.get(best.field) ?? 0) > 1
    const condition = isShared ? best.rest : where
    const statement = condition ? `if (${toJavaScript(condition, names).source}) { ${body} }` : `{ ${body} }`
    if (!isShared) {
      plain.push(many ? functionOf(statement, functions) : statement)
      continue
    }
    const placed = many || best.words.length > 1 ? functionOf(statement, functions) : statement
    const cases = switches.get(best.field) ?? new Map<string, string[]>()
    switches.set(best.field, cases)
    for (const word of best.words) cases.set(word, [...(cases.get(word) ?? []), placed])
  }
  for (const [field, cases] of switches) {
    // Whole numbers, so that the switch is a jump; a field that the event doesn't have is 0, another word -1.
    const bodies = [...cases].map(
      ([word, statements]) => `case ${names.word(field, word)}: ${statements.join('\n')}; break`,
    )
    plain.push(`switch (${names.field(field)} | 0) {\n${bodies.join('\n')}\n}`)
  }
  return plain.join('\n')
}

function functionOf(statement: string, functions: string[]): string {
  const name = `g${functions.length}`
  functions.push(`function ${name}() { ${statement} }`)
  return `${name}()`
}

/** The conjuncts that ask a text field for words, each with what is left. */
function casesOf(where: Expression | undefined): Case[] {
  const parts = where ? conjuncts(where) : []
  return parts.flatMap((part, i) => {
    const asked = wordsAsked(part)
    if (!asked) return []
    const others = parts.filter((_, j) => j !== i)
    const [first, ...more] = others
    const rest = first && more.reduce<Expression>((left, right) => ({ ...conjunction, left, right }), first)
    return [{ ...asked, rest }]
  })
}

const conjunction = { kind: 'binary', type: 'bool', operator: '&&' } as const

/** What must all hold for the condition to hold. */
export function conjuncts(expression: Expression): Expression[] {
  return expression.kind === 'binary' && expression.operator === '&&'
    ? [...conjuncts(expression.left), ...conjuncts(expression.right)]
    : [expression]
}

function wordsAsked(expression: Expression): { field: string; words: readonly string[] } | undefined {
  if (expression.kind === 'in' && expression.operand.kind === 'field') {
    const words = expression.values.filter((value) => typeof value === 'string')
    return words.length > 0 ? { field: expression.operand.name, words } : undefined
  }
  if (expression.kind !== 'binary' || expression.operator !== '==') return undefined
  const { left, right } = expression
  const [field, literal] = left.kind === 'field' ? [left, right] : [right, left]
  if (field.kind !== 'field' || literal.kind !== 'literal' || typeof literal.value !== 'string') return undefined
  return { field: field.name, words: [literal.value] }
}
