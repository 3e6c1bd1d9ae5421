import type { Expression } from '../../services/rules/expression.ts'
import type { EventMatch, Factor, PatternStep, Window } from '../../services/rules/ruleset.ts'

/** A checked expression as it could be written, with brackets around every operation; `$` where hidden factors are read. */
export function show(expression: Expression): string {
  switch (expression.kind) {
    case 'literal':
      if (expression.type === 'double') return Number(expression.value).toFixed(1)
      return JSON.stringify(expression.value)
    case 'field':
      return `event.${expression.name}`
    case 'factor':
      return expression.id
    case 'not':
      return `!${show(expression.operand)}`
    case 'negate':
      return `-${show(expression.operand)}`
    case 'binary':
      return `(${show(expression.left)} ${expression.operator} ${show(expression.right)})`
    case 'in':
      return `(${show(expression.operand)} in ${JSON.stringify(expression.values)})`
    case 'conditional':
      return `(${show(expression.condition)} ? ${show(expression.then)} : ${show(expression.otherwise)})`
    case 'convert':
      return `${expression.type}(${show(expression.operand)})`
    case 'has':
      return `has(event.${expression.name})`
    case 'known':
      return `known(${show(expression.operand)})`
    case 'call':
      return `${expression.name}(${expression.operands.map(show).join(', ')})`
    case 'search':
      return `${show(expression.operand)}.${expression.name}(${JSON.stringify(expression.text)})`
    case 'now':
      return `now.${expression.name}`
    case 'value':
      return 'value'
  }
}

const showMatch = ({ on, where }: EventMatch): string => `${on.join('|')}${where ? ` where ${show(where)}` : ''}`

function showWindow(window: Window): string {
  switch (window.kind) {
    case 'lifetime':
      return 'lifetime'
    case 'rolling':
      return `rolling ${window.length / 3_600_000}h`
    case 'panes':
      return `${window.panes} panes of ${window.pane / 3_600_000}h`
    case 'civil':
      return `${window.periods} ${window.unit}${window.ago > 0 ? ` ${window.ago} ago` : ''}`
    case 'last':
      return `last ${window.events}`
    case 'since':
      return `since ${showMatch(window.anchor)}`
  }
}

/** A factor in a line: its id and type, what makes it, and its window. */
export function showFactor({ id, type, hidden, definition }: Factor): string {
  const name = `${hidden ? 'hidden ' : ''}${id}: ${type} =`
  switch (definition.kind) {
    case 'derived':
      return `${name} ${show(definition.value)}`
    case 'tag':
      return `${name} tag ${definition.tag}`
    case 'product':
      return `${name} product ${definition.products.join('|')}`
    case 'consent':
      return `${name} consent ${definition.channel} ${definition.purpose}`
    case 'events': {
      const { from, where, value, aggregate, window } = definition
      const { kind, ...own } = aggregate
      const { when, ...rest } = 'when' in own ? own : { ...own, when: undefined }
      const parts = [
        ...Object.entries(rest).map(([key, said]) => `${key} ${said}`),
        ...(when ? [`while ${show(when)}`] : []),
      ]
      const how = parts.length > 0 ? `${kind}(${parts.join(', ')})` : kind
      const of = value ? ` of ${show(value)}` : ''
      return `${name} ${how}${of} over ${showMatch({ on: from, ...(where && { where }) })}, ${showWindow(window)}`
    }
  }
}

/** A step of a pattern in a line. */
export function showStep(step: PatternStep): string {
  const any = step.any.map(showMatch).join(' or ')
  if (step.kind === 'event') return `${step.name}: ${any}${step.times > 1 ? ` x${step.times}` : ''}`
  const length = step.length === undefined ? '' : ` for ${step.length / 3_600_000}h`
  return `not: ${any}${length}${step.fromStart ? ' from start' : ''}`
}
