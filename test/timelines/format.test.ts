import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { catalogue, read } from './timelines-under-test.ts'

const root = join(import.meta.dirname, '..', '..')
const schema = JSON.parse(readFileSync(join(root, 'schemas/timeline.schema.json'), 'utf8'))
const ajv = new Ajv2020({ strict: true, strictTuples: false, strictTypes: false, strictRequired: false })
const isTaken = ajv.compile(schema)

const folders = ['test/scenario/timelines', 'deploy/catalogue/examples'].filter((folder) =>
  existsSync(join(root, folder)),
)
const files = folders.flatMap((folder) => {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.yaml')).map((name) => join(folder, name))
})

test.each(files)('%s is what the JSON Schema describes, document by document, and names it', (path) => {
  const text = readFileSync(join(root, path), 'utf8')
  expect(text).toMatch(/^# yaml-language-server: \$schema=(\.\.\/)+\.?schemas\/timeline\.schema\.json\n/)
  const documents = parseAllDocuments(text)
  for (const document of Array.isArray(documents) ? documents : []) {
    expect(isTaken(document.toJS()), JSON.stringify(isTaken.errors)).toBe(true)
  }
})

test('the JSON Schema and the reader know the same keys', () => {
  const { timeline, group } = schema.$defs
  const member = group.properties.timelines.items.properties
  const told = (text: string) => read(`${text}${catalogue}`).problems[0] ?? ''
  const line = 'title: a\ntimeline: 09:00 nothing\n'
  for (const key of Object.keys(timeline.properties)) expect(told(`${line}${key}: 7\n`), key).not.toContain('no key')
  for (const key of Object.keys(group.properties))
    expect(told(`timelines: [{}]\n${key}: 7\n`), key).not.toContain('no key')
  for (const key of Object.keys(member)) expect(told(`timelines: [{ ${key}: 7 }]\n`), key).not.toContain('no key')
  expect(told(`${line}key: 7\n`)).toContain('no key')
})

const guide = readFileSync(join(root, 'docs/timelines.md'), 'utf8')

test('the lines that the guide shows are readable', () => {
  const rows = [...guide.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)])
  const lines = rows.map(([, line = '']) => line).filter((line) => /^(=>|\d\d:|\+|day )|=.* |at \d/.test(line))
  expect(lines.length).toBeGreaterThan(15)
  for (const line of lines.filter((shown) => !/^(\w+=\S+ ?)+$/.test(shown))) {
    const isOutcome = line.startsWith('=>')
    const isTime = /^(\d\d|\d{4}-|\+|day )/.test(line)
    const text = isTime ? `${line}  nothing` : isOutcome ? `10:00  cdr event_id=first ${line}` : `10:00  ${line}`
    const own = catalogue.replaceAll('three-calls', 'dropped-calls').replaceAll('ticket,', 'open-complaint,')
    const { problems } = read(`title: a\ntimeline: |\n  09:00  cdr event_id=first\n  ${text}\n${own}`)
    expect(problems, line).toEqual([])
  }
})
