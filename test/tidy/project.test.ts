import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { settingsTable } from '../../deploy/local/settings.ts'
import { serviceNodes } from '../../services/topology.ts'
import { filesLike, root } from './sources.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const manifest: { scripts: Record<string, string>; dependencies: Record<string, string> } = JSON.parse(
  read('package.json'),
)

test('the lockfile names no registry', () => {
  const lock: { packages: Record<string, { resolved?: string }> } = JSON.parse(read('package-lock.json'))
  expect(Object.keys(lock.packages).length).toBeGreaterThan(100)
  expect(
    Object.entries(lock.packages).flatMap(([name, { resolved }]) => (resolved === undefined ? [] : [name])),
  ).toEqual([])
})

test('the lockfile holds the optional packages of every platform, or npm ci refuses it', () => {
  const lock: { packages: Record<string, { optionalDependencies?: Record<string, string> }> } = JSON.parse(
    read('package-lock.json'),
  )
  const missing = Object.values(lock.packages).flatMap(({ optionalDependencies = {} }) =>
    Object.keys(optionalDependencies).filter(
      (name) => !Object.keys(lock.packages).some((path) => path.endsWith(`/${name}`)),
    ),
  )
  expect(missing).toEqual([])
})

test('versions are exact', () => {
  const versions = Object.entries({ ...manifest.dependencies })
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
})

test('every npm script that a document names is there', () => {
  const documents = filesLike(/\.md$/)
  expect(documents.map(({ path }) => path)).toContain('CONTRIBUTING.md')
  const unknown = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/npm (?:run ([\w:-]+)|(start|test))\b/g)]
      .map(([, script, short]) => script ?? short ?? '')
      .filter((script) => !Object.hasOwn(manifest.scripts, script))
      .map((script) => `${path}: npm run ${script}`),
  )
  expect(unknown).toEqual([])
})

test('the settings of the local servers are documented', () => {
  const text = read('deploy/local/README.md')
  expect(settingsTable.filter(({ name }) => !text.includes(`\`${name}\``)).map(({ name }) => name)).toEqual([])
})

test('the compose file runs every service of the map', () => {
  const { services }: { services: Record<string, { command?: string[] }> } = parse(read('deploy/compose/compose.yaml'))
  const started = Object.values(services).flatMap(({ command }) => (command?.[0] === 'start' ? command.slice(1) : []))
  expect(started.toSorted()).toEqual(Object.keys(serviceNodes).toSorted())
})
