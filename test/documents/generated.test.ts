import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fillBlocks } from '../../docs/blocks.ts'
import { documents } from '../../docs/documents.ts'
import { settingsReference } from '../../docs/settings-reference.ts'
import { tryExample } from '../../docs/worked-example.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { root } from '../tidy/sources.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')

describe('documents say what the sources say; if not, run `npm run docs` and look at what changed', () => {
  // README.md's worked example is run: files written, commands executed, their output compared.
  test.each(Object.keys(documents))('%s', { timeout: 120_000 }, async (path) => {
    const present = read(path)
    expect(await documents[path]?.(present)).toBe(present)
  })
})

describe('blocks', () => {
  const block = '<!-- a: made from b -->\nold\n<!-- /a -->\n'
  test('are filled', () => {
    expect(fillBlocks(`before\n${block}after\n`, { a: 'new\n' })).toBe(
      'before\n<!-- a: made from b -->\n\nnew\n\n<!-- /a -->\nafter\n',
    )
  })
  test('and texts must belong together', () => {
    expect(() => fillBlocks(block, {})).toThrow("'a'")
    expect(() => fillBlocks('', { a: '' })).toThrow('no block a')
  })
})

describe('the worked example', () => {
  const fenced = (title: string, body: string) => `\`\`\`${title}\n${body}\`\`\`\n`
  test('is run in its order, on the files that it writes', () => {
    const document =
      fenced('yaml a/b.yaml', 'x: 1\n') + fenced('console tried', '$ cat a/b.yaml\nx: 2\n$ rm a/b.yaml\n')
    expect(tryExample(document)).toBe(
      fenced('yaml a/b.yaml', 'x: 1\n') + fenced('console tried', '$ cat a/b.yaml\nx: 1\n$ rm a/b.yaml\n'),
    )
  })
  test('leaves other fences alone', () => {
    const document = `${fenced('sh', 'exit 1\n')}${fenced('console', '$ false\n')}`
    expect(tryExample(document)).toBe(document)
  })
})

test('the reference of settings has each variable that the loader knows', async () => {
  const variables = [...settingsReference().matchAll(/`(KEYMOMENT_\w+)`/g)].map(([, name]) => String(name))
  expect(variables.length).toBeGreaterThan(30)
  for (const name of variables) {
    const error: unknown = await loadSettings(undefined, { [name]: '' }).catch((refusal: unknown) => refusal)
    expect.soft(error, name).not.toHaveProperty('code', 'KM_SETTINGS_UNKNOWN')
  }
})
