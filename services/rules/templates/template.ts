import { Tokenizer, TypeGuards } from 'liquidjs'

type OutputToken = ReturnType<Tokenizer['readOutputToken']>
type FilterToken = ReturnType<Tokenizer['readFilters']>[number]

/**
 * The texts of offers are templates of a small part of Liquid: `{{ name | filter: argument }}`, and nothing else. LiquidJS
 * reads them; its renderer, tags and filters, in which its flaws were found (CVE-2026-45618 and some ten others in 2026
 * alone), are never run, so that a template can reach no file, loop over nothing and call no code but our filters.
 */

/** A template in the order of its text: what stands there as it is, and what is put in. */
export type Piece = string | Output

export interface Output {
  /** As it is written: `balance`, `offer.price`. */
  readonly name: string
  readonly calls: readonly Call[]
  /** Of the name in the source, in UTF-16 units. */
  readonly offset: number
}

/** A filter with its arguments. */
export interface Call {
  readonly name: string
  readonly values: readonly Argument[]
  readonly offset: number
}
export type Argument = number | string

export type Fault = (message: string, offset: number) => void

/** More are no message that anybody reads; each is bounded, and so the text is. */
const outputsMost = 20

/** The pieces of a template; what cannot be read is told to `fault` and left out. */
export function readTemplate(source: string, fault: Fault): readonly Piece[] {
  const pieces: Piece[] = []
  let outputs = 0
  for (const token of tokensOf(source, fault)) {
    const { begin } = token
    if (TypeGuards.isHTMLToken(token)) {
      const brace = source.slice(begin, token.end).search(/[{}]/)
      if (brace >= 0) fault('a lone brace; what is put in stands in two: {{ balance | money }}', begin + brace)
      pieces.push(token.getContent())
    } else if (TypeGuards.isOutputToken(token)) {
      if (++outputs === outputsMost + 1) fault(`more than ${outputsMost} values are put in`, begin)
      const output = readOutput(source, token, fault)
      if (output) pieces.push(output)
    } else {
      fault('{% … %} has no place in a message: there is {{ name | filter }}, and nothing else', begin)
    }
  }
  return pieces
}

function tokensOf(source: string, fault: Fault) {
  try {
    return new Tokenizer(source).readTopLevelTokens()
  } catch (error) {
    fault('what is opened here is not closed: {{ needs its }}', offsetIn(error) ?? 0)
    return []
  }
}

const written = 'write it like {{ balance | money }}'

function readOutput(source: string, token: OutputToken, fault: Fault): Output | undefined {
  const [begin, end] = token.contentRange
  const content = source.slice(begin, end)
  const start = begin + content.length - content.trimStart().length
  try {
    const tokenizer = new Tokenizer(source, undefined, undefined, [begin, end])
    const { initial, filters } = tokenizer.readFilteredValue()
    const [value, ...others] = initial.postfix
    const name = value && TypeGuards.isPropertyAccessToken(value) ? value.getText() : ''
    if (others.length > 0 || !/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$/.test(name)) {
      fault(`this is not the name of a variable; ${written}`, start)
      return undefined
    }
    const calls = filters.map((filter) => readCall(source, filter, fault)).filter((call) => call !== undefined)
    return calls.length < filters.length ? undefined : { name, calls, offset: start }
  } catch (error) {
    fault(`this is not a variable with its filters; ${written}`, offsetIn(error) ?? start)
    return undefined
  }
}

function readCall(source: string, filter: FilterToken, fault: Fault): Call | undefined {
  const { name, args } = filter
  const offset = Math.max(filter.begin, source.indexOf(name, filter.begin))
  const values: Argument[] = []
  for (const arg of args) {
    const value = Array.isArray(arg) ? undefined : literalOf(arg)
    if (value === undefined) {
      fault(`'${name}' takes numbers and texts in quotes, like: number: 1 or default: "some"`, offset)
      return undefined
    }
    values.push(value)
  }
  return { name, values, offset }
}

function literalOf(token: unknown): Argument | undefined {
  if (TypeGuards.isNumberToken(token)) return token.content
  return TypeGuards.isQuotedToken(token) ? token.content : undefined
}

/** Of what LiquidJS blames. */
function offsetIn(error: unknown): number | undefined {
  const token: unknown = error instanceof Error && 'token' in error ? error.token : undefined
  if (typeof token !== 'object' || token === null || !('begin' in token)) return undefined
  return typeof token.begin === 'number' ? token.begin : undefined
}
