import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import type { SourceFile } from '../../services/rules/source.ts'
import { factors, offers, policy } from './catalogue-files.ts'

const rule = (id: string, when: string) =>
  `{ id: ${id}, moment: change, title: { en: A }, on: cdr, when: ${when}, purpose: care, offers: [data-booster] }`

const below: readonly SourceFile[] = [policy, factors, offers]
  .map((file) => ({ ...file, path: `base/${file.path}` }))
  .concat([
    { path: 'base/rules/list.yaml', text: `- ${rule('a', 'calls_24h > 1')}\n- ${rule('b', 'calls_24h > 2')}\n# end\n` },
    { path: 'base/rules/documents.yaml', text: `${rule('c', 'calls_24h > 3')}\n---\n${rule('d', 'calls_24h > 4')}\n` },
    { path: 'base/rules/flow.yaml', text: `[${rule('e', 'calls_24h > 5')}, ${rule('f', 'calls_24h > 6')}]\n` },
    { path: 'base/rules/one.yaml', text: `${rule('g', 'calls_24h > 7')}\n` },
  ])
  .map((file) => ({ ...file, layer: 1 }))

/** The catalogue of these files upon the one below, or what is wrong. */
function upon(...own: readonly SourceFile[]) {
  const { catalogue, problems } = loadCatalogue([...own, ...below])
  if (!catalogue) return { problems: problems.map(String) }
  const rules = new Map(catalogue.ruleset.rules.map((found) => [found.id, found]))
  return { catalogue, rules, ids: [...rules.keys()].sort().join('') }
}
const head = (text: string): SourceFile => ({ path: 'own/catalogue.yaml', text })

test('without anything of its own it is the one below', () => {
  expect(upon().ids).toBe('abcdefg')
  expect(upon(head('extends: base\n')).ids).toBe('abcdefg')
})

describe('an item takes the place of the one of its id', () => {
  test.each(['a', 'b', 'c', 'd', 'e', 'f', 'g'])('%s', (id) => {
    const { ids, rules } = upon({ path: 'own/rules/mine.yaml', text: rule(id, 'calls_24h > 100') })
    expect(ids).toBe('abcdefg')
    expect(rules?.get(id)).toMatchObject({
      location: { file: 'own/rules/mine.yaml', line: 1 },
      trigger: { when: { right: { value: 100 } } },
    })
    const others = [...(rules?.values() ?? [])].filter((other) => other.id !== id)
    expect(others.every(({ location }) => location.file?.startsWith('base/'))).toBe(true)
  })

  test('a factor, an offer and the policy too', () => {
    const { catalogue } = upon(
      {
        path: 'own/factors/f.yaml',
        text: '{ id: calls_24h, title: { en: Mine }, from: cdr, aggregate: count, window: { rolling: 24h } }',
      },
      { path: 'own/offers/o.yaml', text: '{ id: data-booster, title: { en: Mine }, message: { en: Mine } }' },
      {
        path: 'own/policy.yaml',
        text: 'default_time_zone: Europe/Berlin\ndefault_language: de\nquiet_hours: []\ncaps: []\ngaps: {}\n',
      },
    )
    expect(catalogue?.ruleset.factors.filter(({ id }) => id === 'calls_24h').map(({ title }) => title.en)).toEqual([
      'Mine',
    ])
    expect(catalogue?.offers.map(({ title }) => title.en)).toEqual(['Mine'])
    expect(catalogue?.policy.defaultTimeZone).toBe('Europe/Berlin')
  })

  test('twice in one layer is a fault as ever', () => {
    const text = `- ${rule('a', 'calls_24h > 1')}\n- ${rule('a', 'calls_24h > 2')}\n`
    expect(upon({ path: 'own/rules/mine.yaml', text }).problems).toEqual([
      expect.stringMatching(/^own\/rules\/mine\.yaml:2:9 {2}KM_CATALOGUE_DUPLICATE_ID/),
    ])
  })

  test('over three layers the uppermost counts', () => {
    const layered = (layer: number, most: number): SourceFile => ({
      path: `layer${layer}/rules/r.yaml`,
      text: rule('a', `calls_24h > ${most}`),
      layer,
    })
    const lowest = below.map((file) => ({ ...file, layer: 3 }))
    const { catalogue } = loadCatalogue([layered(2, 20), layered(0, 10), layered(1, 15), ...lowest])
    const found = catalogue?.ruleset.rules.filter(({ id }) => id === 'a') ?? []
    expect(found.map(({ location }) => location.file)).toEqual(['layer0/rules/r.yaml'])
  })
})

describe('catalogue.yaml', () => {
  test.each([
    ['without: { rules: [a, d, e, g] }', 'bcf'],
    ['without: { rules: [a, b, c, d, e, f, g] }', ''],
    ['only_rules: [a, f]', 'af'],
    ['{ only_rules: [a, f], without: { rules: [f] } }', 'a'],
  ])('%s', (text, ids) => {
    expect(upon(head(text)).ids).toBe(ids)
  })

  test('its own rules are not taken away by it', () => {
    expect(upon(head('only_rules: [b]'), { path: 'own/rules/z.yaml', text: rule('z', 'calls_24h > 1') }).ids).toBe('bz')
    expect(
      upon(head('without: { rules: [b] }'), { path: 'own/rules/b.yaml', text: rule('b', 'calls_24h > 1') }).ids,
    ).toBe('abcdefg')
  })

  test('what is taken away is missed by what reads it, where that stands', () => {
    const { problems } = upon(head('without: { factors: [calls_24h], rules: [a, b, c, d, e, f] }'))
    expect(problems).toEqual([expect.stringMatching(/^base\/rules\/one\.yaml:1:\d+ {2}KM_RULE_UNKNOWN_FACTOR/)])
  })

  test.each([
    [
      'without: { rules: [a, bb-long] }',
      /^own\/catalogue\.yaml:1:23 {2}KM_CATALOGUE_VALUE {2}nothing below has a rule 'bb-long'/,
    ],
    ['without: { factors: [calls_24] }', /:1:22 {2}KM_CATALOGUE_VALUE {2}.*did you mean 'calls_24h'\?$/],
    ['only_rules: [a, x1]', /:1:17 {2}KM_CATALOGUE_VALUE {2}nothing below has a rule 'x1'/],
    ['extend: base', /:1:1 {2}KM_CATALOGUE_UNKNOWN_KEY {2}no key 'extend' here; did you mean 'extends'\?$/],
    ['without: { rule: [a] }', /:1:12 {2}KM_CATALOGUE_UNKNOWN_KEY {2}.*did you mean 'rules'\?$/],
    ['without: [a]', /:1:10 {2}KM_CATALOGUE_TYPE/],
    ['without: { rules: a }', /:1:19 {2}KM_CATALOGUE_TYPE {2}'rules' must be a list of ids$/],
    ['extends: 7', /:1:10 {2}KM_CATALOGUE_TYPE {2}'extends' is 'shipped' or a folder$/],
    ['- a', /KM_CATALOGUE_TYPE {2}catalogue\.yaml must be a mapping$/],
    ['extends: [', /^own\/catalogue\.yaml:\d+:\d+ {2}KM_CATALOGUE_HALF_SAVED/],
  ])('%s is refused', (text, problem) => {
    expect(upon(head(text)).problems).toContainEqual(expect.stringMatching(problem))
  })

  test('alone it extends nothing, and can take nothing away', () => {
    const alone = below.map(({ path, text }) => ({ path, text }))
    const { problems } = loadCatalogue([head('without: { rules: [a] }'), ...alone])
    expect(problems?.map(({ code }) => code)).toEqual(['KM_CATALOGUE_VALUE'])
  })
})

test('a fault of an item that is replaced does not matter; any other stands where it stood', () => {
  const broken = {
    path: 'base/rules/broken.yaml',
    text: `- ${rule('x', 'calls > 1')}\n- ${rule('y', 'calls > 1')}\n`,
    layer: 1,
  }
  expect(upon(broken, { path: 'own/rules/x.yaml', text: rule('x', 'calls_24h > 1') }).problems).toEqual([
    expect.stringMatching(/^base\/rules\/broken\.yaml:2:\d+ {2}KM_RULE_UNKNOWN_FACTOR/),
  ])
})

test('the version follows what counts, of both layers', () => {
  const own: SourceFile = { path: 'own/rules/z.yaml', text: rule('z', 'calls_24h > 1') }
  const versions = [
    upon(own),
    upon({ ...own, text: rule('z', 'calls_24h > 2') }),
    upon(own, head('without: { rules: [a] }')),
    { catalogue: loadCatalogue([own, ...below.filter(({ path }) => path !== 'base/rules/one.yaml')]).catalogue },
  ].map(({ catalogue }) => catalogue?.version)
  expect(new Set(versions).size).toBe(4)
  expect(upon(own, { path: 'own/examples/e.yaml', text: 'title: x' }).catalogue?.version).toBe(versions[0])
})

test('examples are nobody’s rules', () => {
  expect(upon({ path: 'own/examples/rules/a.yaml', text: 'nonsense: [' }).ids).toBe('abcdefg')
})
