import { expect, test } from 'vitest'
import { allTopics, serviceNodes } from '../../services/topology.ts'
import { filesLike, projectFiles } from './sources.ts'

const code = projectFiles.filter((path) => /\.([cm]?[jt]s|lua)$/.test(path))

test('a folder of services/ is deployable exactly when it has a main.ts', () => {
  const deployable = projectFiles.flatMap((path) => /^services\/([^/]+)\/main\.ts$/.exec(path)?.[1] ?? [])
  expect(deployable.toSorted()).toEqual(Object.keys(serviceNodes).toSorted())
})

test('every schema that the map names is there, and every schema is on the map', () => {
  const schemas = projectFiles.flatMap((path) => /^schemas\/([^/]+)\.avsc$/.exec(path)?.[1] ?? [])
  expect(schemas.toSorted()).toEqual([...new Set(allTopics.map(({ schema }) => schema as string))].toSorted())
})

test('files are named in kebab-case', () => {
  const kebab = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/
  expect(code.filter((path) => !path.split('/').every((part) => kebab.test(part)))).toEqual([])
})

test('no file or folder is named after nothing in particular', () => {
  const vague = /^(utils?|helpers?|commons?|managers?|misc|shared|stuff)$/
  expect(code.filter((path) => path.split(/[/.-]/).some((word) => vague.test(word)))).toEqual([])
})

/** Longer than this, and why: a reason each. */
const longFiles: Readonly<Record<string, string>> = {
  'services/records/types.ts': 'generated from the schemas',
  'test/conformance/event-log.ts': 'the one suite of a port: what every adapter promises, in one place',
  'test/conformance/state-store.ts': 'the one suite of a port: what every adapter promises, in one place',
}
const mostLines = 400

test(`no file has more than ${mostLines} lines`, () => {
  const long = filesLike(/\.([cm]?[jt]s|lua)$/).filter(({ text }) => text.split('\n').length > mostLines + 1)
  expect(long.map(({ path }) => path).toSorted()).toEqual(Object.keys(longFiles).toSorted())
})

test('tests mirror the sources', () => {
  const own = [
    'conformance',
    'scenario',
    'simulation',
    'integration',
    'chaos',
    'e2e',
    'bench',
    'tidy',
    'support',
    'deploy',
    'documents',
    'cli',
  ]
  const folders = new Set(projectFiles.flatMap((path) => /^services\/([^/]+)\//.exec(path)?.[1] ?? []))
  const strange = projectFiles.flatMap((path) => {
    const folder = /^test\/([^/]+)\/.*\.test\.ts$/.exec(path)?.[1]
    return folder === undefined || folders.has(folder) || own.includes(folder) || folder === 'schemas' ? [] : [path]
  })
  expect(strange).toEqual([])
})
