import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

export const root = join(import.meta.dirname, '..', '..')

export interface Source {
  /** From the project's root, with `/`. */
  readonly path: string
  readonly text: string
}

/** Every file of the project that is or could be committed. */
export const projectFiles: readonly string[] = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard'],
  { cwd: root, encoding: 'utf8' },
)
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(root, path)))

/** Those whose path matches, with their text. */
export const filesLike = (pattern: RegExp): Source[] =>
  projectFiles
    .filter((path) => pattern.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))

/** A place in a source and what was found there: `services/x.ts:12  any`. */
export type Finding = string

/** Goes through a file's syntax; `look` says what is wrong with a node, or nothing. */
export function findIn(source: Source, look: (node: ts.Node) => string | undefined): Finding[] {
  const file = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.Latest, true)
  const findings: Finding[] = []
  const visit = (node: ts.Node): void => {
    const found = look(node)
    if (found !== undefined) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file))
      findings.push(`${source.path}:${line + 1}  ${found}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return findings
}
