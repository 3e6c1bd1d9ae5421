import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { easyToGetWrong } from '../../docs/easy-to-get-wrong.ts'
import { root } from '../tidy/sources.ts'

const text = (file: string) => readFileSync(join(root, file), 'utf8')
/** In YAML a whole title; elsewhere words of a title or of a row. */
const isShown = (file: string, as: string) =>
  file.endsWith('.yaml')
    ? text(file)
        .split('\n')
        .some((line) => line.trim() === `- title: ${as}`)
    : text(file).includes(as)

describe('what is easy to get wrong', () => {
  test.each(easyToGetWrong.map((row) => [row.case, row] as const))('%s: its page and its tests are there', (_, row) => {
    expect(text(`docs/${row.told.in}`)).toContain(row.told.as)
    const missing = row.shown.flatMap(({ file, as }) => as.filter((words) => !isShown(file, words)))
    expect(missing).toEqual([])
    expect(row.shown.flatMap(({ as }) => as)).not.toHaveLength(0)
  })

  test('no case stands there twice', () => {
    expect(new Set(easyToGetWrong.map((row) => row.case)).size).toBe(easyToGetWrong.length)
  })
})
