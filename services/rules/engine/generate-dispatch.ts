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
 * (`app == "x" && …`) share a switch, so that a thousand of them cost one jump; those of one word are parted by what else
 * they ask. `functions` takes function declarations. Words' codes are whole numbers from 1.
 */
export function dispatchSource(items: readonly DispatchItem[], names: Names, functions: string[]): string {
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
  const parts = ({ field }: Case): number => wordsByField.get(field)?.size ?? 0
  const many = items.length > inlineMost
  const plain: string[] = []
  const switches = new Map<string, Map<string, DispatchItem[]>>()
  items.forEach(({ where, body }, i) => {
    const best = asked[i]?.filter(({ field }) => shared.has(field)).sort((a, b) => parts(b) - parts(a))[0]
    if (!best) {
      const statement = where ? `if (${toJavaScript(where, names).source}) { ${body} }` : `{ ${body} }`
      plain.push(many ? functionOf(statement, functions) : statement)
      return
    }
    const cases = switches.get(best.field) ?? new Map<string, DispatchItem[]>()
    switches.set(best.field, cases)
    const once = best.words.length > 1 ? functionOf(body, functions) : body
    for (const word of best.words) {
      const own = cases.get(word) ?? []
      cases.set(word, own)
      own.push({ where: best.rest, body: once })
    }
  })
  for (const [field, cases] of switches) {
    // Whole numbers, so that the switch is a jump; a field that the event doesn't have is 0, another word -1.
    const bodies = [...cases].map(([word, own]) => {
      const rest = dispatchSource(own, names, functions)
      return `case ${names.word(field, word)}: ${many ? functionOf(rest, functions) : rest}; break`
    })
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
