import { settingsSchema } from '../services/settings/schema.ts'
import { capital, code, table } from './table.ts'

/** Of JSON Schema what the settings use. */
interface Node {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Node>>
  readonly anyOf?: readonly { readonly const?: unknown }[]
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly description?: string
  /** A secret. */
  readonly writeOnly?: boolean
}

interface Setting {
  readonly path: readonly string[]
  readonly node: Node
}

/** docs/settings.md: every setting with its variable, values, default and purpose. */
export function settingsReference(): string {
  const { properties = {} } = settingsSchema as Node
  const entries = Object.entries(properties)
  const alone = entries.filter(([, node]) => !node.properties).map(([key, node]) => ({ path: [key], node }))
  const sections = entries
    .filter(([, node]) => node.properties)
    .map(([key, node]) => `## ${key}\n\n${capital(node.description ?? '')}.\n\n${rows([...leaves(node, [key])])}`)
  return `${introduction}\n## Without a section\n\n${rows(alone)}\n${sections.join('\n')}`
}

const introduction = `# Settings

<!-- Made from services/settings/schema.ts by \`npm run docs\`; not edited by hand. -->

One YAML file (\`--config FILE\`), and environment variables, which win over it. A list in a variable is separated by
commas. A name that is not in these tables is an error.

What is marked as a **secret** is shown and logged nowhere. In its place a file may be named that holds it, and nothing else but a
line break at its end: \`smpp.url_file: /run/secrets/smsc\`, or \`KEYMOMENT_SMPP_URL_FILE=/run/secrets/smsc\`. It is read at the start.
A file that is missing, empty or no text is an error (\`KM_SETTINGS_INVALID\`), and so are a secret and its file at once.
`

function* leaves(node: Node, path: readonly string[]): Generator<Setting> {
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const inner = [...path, key]
    if (child.properties) yield* leaves(child, inner)
    else yield { path: inner, node: child }
  }
}

const rows = (settings: readonly Setting[]): string =>
  table(
    ['setting', 'variable', 'values', 'default', 'what it is for'],
    settings.map(({ path, node }) => [
      code(path.join('.')),
      code(`KEYMOMENT_${path.join('_').replaceAll('-', '_').toUpperCase()}`),
      valuesOf(node),
      defaultOf(node.default),
      node.writeOnly ? `**secret**: ${node.description}` : (node.description ?? ''),
    ]),
  )

function valuesOf({ type, anyOf, minimum, maximum }: Node): string {
  if (anyOf) return anyOf.map((branch) => code(String(branch.const))).join(', ')
  if (type === 'array') return 'list'
  if (minimum === undefined) return type ?? ''
  return `${type}, ${maximum === undefined ? `≥ ${minimum}` : `${minimum}–${maximum}`}`
}

function defaultOf(value: unknown): string {
  if (value === undefined) return ''
  if (value === '' || (Array.isArray(value) && value.length === 0)) return 'empty'
  return code(String(value))
}
