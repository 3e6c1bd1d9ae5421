import { readFileSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { fileKinds } from '../../services/rules/editor-schema.ts'
import { startChild } from '../support/child-process.ts'
import { type LanguageServer, type Position, startLanguageServer } from '../support/language-server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { root } from '../tidy/sources.ts'

const timeout = 60_000

/** `keymoment catalogue schema …`, ended. */
async function schema(...args: readonly string[]) {
  const command = [join(root, 'bin', 'keymoment.js'), 'catalogue', 'schema', ...args]
  const child = await startChild(process.execPath, command, { cwd: root })
  onTestFinished(async () => void (await child.kill('SIGKILL').catch(() => undefined)))
  child.end()
  const { code } = await child.exited
  return { code, stdout: child.stdout(), output: child.output() }
}

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = temporaryFolder()
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

const ownCatalogue = {
  'catalogue.yaml': 'extends: shipped\n',
  'factors/own.yaml': `id: stars_given
title: { en: Stars given }
from: reply
where: action == "star"
aggregate: count
window: { days: 7 }
`,
}

let server: LanguageServer
beforeAll(async () => {
  server = await startLanguageServer(root)
})
afterAll(() => server.stop())

/** Where `mark` stands in a text, from its end. */
function behind(text: string, mark: string): Position {
  const lines = text.slice(0, text.indexOf(mark) + mark.length).split('\n')
  return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 }
}

const rule = `# yaml-language-server: $schema=../.schemas/rule.schema.json
id: many-stars
moment: change
title: { en: Many stars }
on: reply
when: refusals_90d >= 3
purpose: care
evidence: [refusals_90d]
offers: [autopay]
`

describe('an editor with the shipped files', () => {
  const path = (name: string) => join(root, 'deploy', 'catalogue', name)

  test.each(['rules/first.yaml', 'factors/hr2-balance.yaml', 'segments/value.yaml', 'offers/care.yaml', 'policy.yaml'])(
    '%s is without fault',
    { timeout },
    async (name) => {
      expect(await server.open(path(name), readFileSync(path(name), 'utf8'))).toEqual([])
    },
  )

  test('names of factors are completed in evidence, with their titles', { timeout }, async () => {
    const file = path('rules/new-evidence.yaml')
    await server.open(file, rule)
    const offered = await server.complete(file, behind(rule, 'evidence: ['))
    expect(offered.get('dropped_calls_24h')).toMatch(/dropped/i)
    expect(offered.size).toBeGreaterThan(300)
  })

  test('names of offers too, and of rules in examples', { timeout }, async () => {
    const file = path('rules/new-offers.yaml')
    await server.open(file, rule)
    expect((await server.complete(file, behind(rule, 'offers: ['))).get('autopay')).toBe('Automatic payment')
    const example = '# yaml-language-server: $schema=../.schemas/timeline.schema.json\nrule: b\ntitle: x\ntimeline: x\n'
    await server.open(path('examples/new.yaml'), example)
    expect([...(await server.complete(path('examples/new.yaml'), behind(example, 'rule: '))).keys()]).toContain(
      'birthday',
    )
  })

  test('a key and a name have words', { timeout }, async () => {
    const file = path('rules/new-words.yaml')
    await server.open(file, rule)
    expect(await server.hover(file, behind(rule, 'mom'))).toContain('Kind of the moment')
    expect(await server.hover(file, behind(rule, 'evidence: [refus'))).toMatch(/`refusals_90d`: .*refus/i)
  })

  test('a wrong key, a missing one and a value of the wrong kind are marked', { timeout }, async () => {
    const wrong = rule
      .replace('when:', 'wen:')
      .replace('moment: change', 'moment: chance')
      .replace(/^id:.*\n/m, '')
    expect(await server.open(path('rules/new-wrong.yaml'), wrong)).toEqual(
      expect.arrayContaining([
        'Property wen is not allowed.',
        'Missing property "id".',
        expect.stringContaining('Valid values: "first", "change", "special", "do-not-disturb"'),
      ]),
    )
  })
})

describe('keymoment catalogue schema', () => {
  test("an operator's own names are completed beside those below", { timeout }, async () => {
    const folder = await folderOf(ownCatalogue)
    const written = await schema(folder)
    expect(written).toMatchObject({ code: 0, stdout: '' })
    expect(written.output).toBe(`9 schemas written to ${join(folder, '.schemas')}\n`)
    const file = join(folder, 'rules', 'stars.yaml')
    expect(await server.open(file, rule)).toEqual([])
    const offered = await server.complete(file, behind(rule, 'evidence: ['))
    expect(offered.get('stars_given')).toBe('Stars given')
    expect([...offered.keys()]).toContain('refusals_90d')
  })

  test('--out is another folder, which is made', { timeout }, async () => {
    const out = join(temporaryFolder(), 'a', 'b')
    expect(await schema(await folderOf(ownCatalogue), '--out', out)).toMatchObject({ code: 0 })
    expect((await readdir(out)).sort()).toEqual(fileKinds.map((kind) => `${kind}.schema.json`).sort())
  })

  test('of a wrong catalogue nothing is written', { timeout }, async () => {
    const folder = await folderOf({ ...ownCatalogue, 'rules/wrong.yaml': rule.replace('refusals_90d >=', 'stars >=') })
    const found = await schema(folder)
    expect(found.stdout).toContain('KM_RULE_UNKNOWN_FACTOR')
    expect(found).toMatchObject({ code: 1, output: expect.stringContaining('1 problems; nothing was written') })
    expect(await readdir(folder)).not.toContain('.schemas')
  })

  test('a place that cannot be written, and a folder that is not there', { timeout }, async () => {
    const folder = await folderOf({ ...ownCatalogue, occupied: '' })
    const file = join(folder, 'occupied')
    expect(await schema(folder, '--out', file)).toMatchObject({
      code: 1,
      stdout: '',
      output: expect.stringMatching(/^KM_CATALOGUE_SCHEMAS {2}the schemas cannot be written/),
    })
    expect((await schema('/nowhere/at/all')).output).toContain('KM_CATALOGUE_FOLDER')
  })
})
