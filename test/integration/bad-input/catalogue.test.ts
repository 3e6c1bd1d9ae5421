import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { topics } from '../../../services/topology.ts'
import { waitFor } from '../../support/wait-for.ts'
import { type Engine, startEngine } from './engine.ts'
import { lines, longCall } from './events.ts'
import { catalogueFolder, save, smallCatalogue } from './small-catalogue.ts'

/** Ten levels of ten aliases each: ten thousand million words if it were written out. */
const aliasBomb = [
  'id: bomb',
  'a0: &a0 [x, x, x, x, x, x, x, x, x, x]',
  ...Array.from({ length: 10 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(', ')}]`),
  '',
].join('\n')

const wrongFiles: readonly (readonly [what: string, file: string, text: string, place: string, code: string])[] = [
  ['an alias bomb', 'rules/bomb.yaml', aliasBomb, '12:57', 'KM_YAML_ALIASES'],
  [
    'a rule with an unknown factor',
    'rules/calls.yaml',
    smallCatalogue['rules/calls.yaml'].replace('event.duration_s >= 600', 'calls_24 >= 3'),
    '5:7',
    'KM_RULE_UNKNOWN_FACTOR',
  ],
  [
    'a condition of another type',
    'rules/calls.yaml',
    smallCatalogue['rules/calls.yaml'].replace('>= 600', '>= "long"'),
    '',
    'KM_RULE_',
  ],
  ['a file saved half', 'rules/calls.yaml', smallCatalogue['rules/calls.yaml'].slice(0, 90), '', 'KM_'],
  [
    'a rule whose offer is gone',
    'offers/offers.yaml',
    '- id: other\n  title: { en: O }\n  message: { en: "O" }\n',
    '',
    'KM_',
  ],
  ['bytes that are no text', 'rules/bytes.yaml', '\0\0\0', '1:1', 'KM_CATALOGUE_TYPE'],
]

const refusals = (engine: Engine) =>
  engine
    .log()
    .map(({ msg }) => msg)
    .filter((text) => text.startsWith('catalogue refused'))

describe('a wrong catalogue saved while the engine runs', () => {
  let at = Date.now() - 3_600_000
  const fire = (engine: Engine, id: string, duration_s = 600) => {
    at += 1_000
    return fireAt(engine, id, at, duration_s)
  }
  const fireAt = (engine: Engine, id: string, time: number, duration_s: number) =>
    engine.post(lines([longCall(id, 's-1', time, { duration_s })]))

  test('is refused with its place; the running one goes on; the mended one takes over', async () => {
    const folder = await catalogueFolder()
    const engine = await startEngine({ settings: { KEYMOMENT_CATALOGUE_DIR: folder } })
    await engine.running.started
    const version = async () => (await engine.metrics.catalogue.get()).values[0]?.labels.version
    const first = await version()

    for (const [index, [what, file, text, place, code]] of wrongFiles.entries()) {
      const before = refusals(engine).length
      await save(folder, file, text)
      await waitFor(`the refusal of ${what}`, () => refusals(engine).length > before)
      const said = refusals(engine).slice(before)
      expect.soft(said.join('\n'), what).toContain(`${folder}/${file === 'offers/offers.yaml' ? 'rules/' : file}`)
      expect.soft(said.join('\n'), what).toMatch(new RegExp(`\\.yaml:${place || '\\d+:\\d+'} {2}${code}`))
      expect.soft(await version(), what).toBe(first)
      await fire(engine, `under-${index}`)
      await engine.atLeast(topics.moments, index + 1)
      // Back to what runs: each file is judged alone.
      const original = Object.entries(smallCatalogue).find(([name]) => name === file)?.[1]
      if (original === undefined) await rm(join(folder, file))
      else await save(folder, file, original)
    }

    await save(folder, 'rules/calls.yaml', smallCatalogue['rules/calls.yaml'].replace('600', '300'))
    await waitFor('the mended catalogue', async () => (await version()) !== first)
    // What happened before goes by what was in force then.
    await fire(engine, 'earlier', 300)
    await fireAt(engine, 'shorter', Date.now(), 300)
    const moments = await engine.atLeast(topics.moments, wrongFiles.length + 1)
    expect(moments).toHaveLength(wrongFiles.length + 1)
    expect(
      engine.log().filter(({ msg }) => msg === 'catalogue taken over'),
      'only what differs',
    ).toHaveLength(1)
  })
})

test('a wrong catalogue at the start ends the process with every fault located', async () => {
  const folder = await catalogueFolder({ ...smallCatalogue, 'rules/bomb.yaml': aliasBomb })
  const engine = await startEngine({ settings: { KEYMOMENT_CATALOGUE_DIR: folder } })
  expect(String(await engine.running.failed)).toMatch(
    /^KM_CATALOGUE_INVALID .* has 1 problem\n.*rules\/bomb\.yaml:12:57 {2}KM_YAML_ALIASES/,
  )
  expect((await engine.get('/healthz')).status).toBe(200)
  expect((await engine.get('/readyz')).status).toBe(503)
})
