/** A function without parameters, by its name in generated code. */
export interface GeneratedFunction {
  readonly name: string
  readonly body: string
}

/** Fewer functions than this that differ only in numbers stay what they are: with its numbers in place each is a little faster. */
const alikeLeast = 24

/** Numbers, and names of what generated code has many of: a letter and a number. */
const variable = /(?<![\w.$])(?:[tfsbwrglq]\d+|\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?![\w.$])/g

/** What a piece of generated code declares, in this order: a function or statement comes after those that it names, tables last. */
export class GeneratedParts {
  private readonly declared: (GeneratedFunction | string)[] = []
  private readonly tables: string[] = []
  private readonly names = new Map<string, string>()

  add(...functions: readonly GeneratedFunction[]): void {
    this.declared.push(...functions)
  }

  statement(source: string): void {
    this.declared.push(source)
  }

  /** Name of a function that does this; the same is one function. */
  nameOf(body: string): string {
    let name = this.names.get(body)
    if (name === undefined) {
      name = `g${this.names.size}`
      this.names.set(body, name)
      this.declared.push({ name, body })
    }
    return name
  }

  call(body: string): string {
    return `${this.nameOf(body)}()`
  }

  /** Name of an array of functions by whole numbers from 1, given by their names; those without one do nothing. */
  table(names: ReadonlyMap<number, string>): string {
    const table = `table${this.tables.length}`
    const last = [...names.keys()].reduce((a, b) => Math.max(a, b), 0)
    const functions = Array.from({ length: 1 + last }, (_, i) => names.get(i) ?? 'nothing')
    this.tables.push(`const ${table} = [${functions.join()}]`)
    return table
  }

  source(): string {
    return `function nothing() {}\nfunction always() { return true }\n${sourceOf(this.declared)}\n${this.tables.join('\n')}`
  }
}

/**
 * Thousands of functions that differ only in numbers and in the names of what they call (a factor for each app, a rule for
 * each cell) are made by one function that is handed these, so that an engine reads, optimizes and keeps in its caches one
 * piece of code in place of thousands, each of which is called too seldom to become fast.
 */
function sourceOf(declared: readonly (GeneratedFunction | string)[]): string {
  const shapes = new Map<
    string,
    { readonly name: string; readonly body: string; readonly variables: readonly string[] }[]
  >()
  for (const each of declared) {
    if (typeof each === 'string') continue
    const { name, body } = each
    const shape = body.replace(variable, '\u0000')
    const same = shapes.get(shape) ?? []
    shapes.set(shape, same)
    same.push({ name, body, variables: body.match(variable) ?? [] })
  }
  const makers = new Map<string, string>()
  const sources: string[] = []
  for (const same of shapes.values()) {
    const [first] = same
    if (!first || same.length < alikeLeast) continue
    const maker = `make${sources.length}`
    // What changes in the same way in two places is one parameter.
    const columns = first.variables.map((_, i) => same.map(({ variables }) => variables[i]).join())
    const changing = [
      ...new Set(columns.filter((_, i) => same.some(({ variables }) => variables[i] !== first.variables[i]))),
    ]
    const parameters = columns.map((column) => changing.indexOf(column))
    sources.push(makerSource(maker, first.body, parameters))
    const places = changing.map((column) => columns.indexOf(column))
    for (const { name, variables } of same) makers.set(name, `${maker}(${places.map((i) => variables[i]).join()})`)
  }
  for (const each of declared) {
    const made = typeof each === 'string' ? undefined : makers.get(each.name)
    if (typeof each === 'string') sources.push(each)
    else
      sources.push(made === undefined ? `function ${each.name}() {\n${each.body}\n}` : `const ${each.name} = ${made}`)
  }
  return sources.join('\n')
}

/** A function that makes functions. `parameters`: for each number or name of the body that of its parameter; -1: it stays. */
function makerSource(maker: string, body: string, parameters: readonly number[]): string {
  let i = 0
  const source = body.replace(variable, (value) => {
    const parameter = parameters[i++] ?? -1
    return parameter < 0 ? value : `p${parameter}`
  })
  const names = Array.from({ length: 1 + Math.max(-1, ...parameters) }, (_, parameter) => `p${parameter}`)
  return `function ${maker}(${names.join()}) { return () => {\n${source}\n} }`
}
