import ts from 'typescript'

/** What reads a clock, chance or the process without an import, as `object.member` (`*`: any member). */
const members: Readonly<Record<string, readonly string[]>> = {
  Date: ['now'],
  performance: ['*'],
  Math: ['random'],
  process: ['*'],
  crypto: ['*'],
  console: ['*'],
}

const calls = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch']

/** What a pure part may not do, if `node` does it. Imports are dependency-cruiser's to judge. */
export function impure(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node) && isNamed(node.expression, 'Date') && (node.arguments?.length ?? 0) === 0) {
    return 'new Date() reads the clock'
  }
  if (ts.isCallExpression(node)) {
    if (isNamed(node.expression, 'Date')) return 'Date() reads the clock'
    const called = calls.find((name) => isNamed(node.expression, name))
    if (called !== undefined) return `${called} reaches outside`
  }
  if (!ts.isPropertyAccessExpression(node)) return undefined
  if (node.name.text === 'Now' && isNamed(node.expression, 'Temporal')) return 'Temporal.Now reads the clock'
  if (!ts.isIdentifier(node.expression)) return undefined
  const banned = Object.hasOwn(members, node.expression.text) ? members[node.expression.text] : undefined
  const isBanned = banned?.some((member) => member === '*' || member === node.name.text)
  return isBanned ? `${node.getText()} reaches outside` : undefined
}

const isNamed = (node: ts.Node, name: string): boolean => ts.isIdentifier(node) && node.text === name

/** Types and assertions that switch the type checker off. */
export function unchecked(node: ts.Node): string | undefined {
  if (node.kind === ts.SyntaxKind.AnyKeyword) return 'any'
  if (ts.isNonNullExpression(node)) return 'non-null !'
  return undefined
}

const testFunctions = ['test', 'it', 'describe', 'suite', 'bench']
const notRun = ['skip', 'skipIf', 'runIf', 'only', 'todo', 'fails']

/** A test that isn't run, or that keeps others from being run. */
export function leftOut(node: ts.Node): string | undefined {
  if (!ts.isPropertyAccessExpression(node) || !notRun.includes(node.name.text)) return undefined
  let object: ts.Expression = node.expression
  while (ts.isPropertyAccessExpression(object) || ts.isCallExpression(object)) object = object.expression
  return ts.isIdentifier(object) && testFunctions.includes(object.text) ? node.getText() : undefined
}
