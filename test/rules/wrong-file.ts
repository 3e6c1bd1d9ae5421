import { expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import type { SourceFile } from '../../services/rules/source.ts'
import { catalogueWith } from './catalogue-files.ts'

/** Of each problem: what `keymoment catalogue check` prints. */
export const problemsOf = (...files: SourceFile[]): string[] =>
  (loadCatalogue(catalogueWith(...files)).problems ?? []).map((problem) => problem.toString())

export type Case = readonly [code: string, yaml: string, ...problems: string[]]

/** Each case: the code, the file as it is written, and what is said about it, without the file's name. */
export function wrongFiles(path: string, cases: readonly Case[]): void {
  const rows = cases.map(([code, yaml, ...expected]) => ({ title: expected[0] ?? code, code, yaml, expected }))
  test.each(rows)('$title', ({ code, yaml, expected }) => {
    const found = problemsOf({ path, text: yaml })
    expect(found).toEqual(expected.map((line) => `${path}:${line}`))
    expect(found.join('\n')).toContain(`  ${code}  `)
  })
}

/** A change rule with these lines behind its first three. */
export const rule = (...lines: string[]): string =>
  ['id: r', 'moment: change', 'title: { en: R }', ...lines, ''].join('\n')

/** A factor with these lines behind its first two. */
export const factor = (...lines: string[]): string => ['id: f', 'title: { en: F }', ...lines, ''].join('\n')

export const marketing = 'purpose: marketing'
