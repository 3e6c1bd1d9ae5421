import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { badInput } from '../../docs/bad-input.ts'
import { wrongPolicy } from '../../docs/wrong-policy.ts'
import { deliverCodes } from '../../services/deliver/codes.ts'
import { filesLike, root } from '../tidy/sources.ts'

const sources = filesLike(/^services\/.*\.ts$/)
const all = [...badInput, ...wrongPolicy]
const isCode = (code: string) =>
  code in deliverCodes || sources.some(({ text }) => text.includes(`'${code}'`) || text.includes(`${code}:`))

describe('bad input', () => {
  test.each(all.map((row) => [row.what, row] as const))('%s: its codes and its test are there', (_, row) => {
    expect(row.codes.filter((code) => !isCode(code))).toEqual([])
    expect(readFileSync(join(root, row.shown.file), 'utf8')).toContain(row.shown.as)
  })

  test('nothing stands there twice', () => {
    expect(new Set(all.map(({ what }) => what)).size).toBe(all.length)
  })
})
