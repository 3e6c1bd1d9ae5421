import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { checkFiles, isSameContent, packFiles, portableFiles, unpackFiles } from '../../services/catalogue/files.ts'
import { loadCatalogue } from '../../services/rules/load.ts'

describe('files of a record', () => {
  test('come back as they went', async () => {
    const files = [
      { path: 'rules/a.yaml', text: 'id: ä\n' },
      { path: 'rules/b.yaml', text: '', layer: 1 },
    ]
    expect(unpackFiles(await packFiles(files))).toEqual(files)
  })

  const zip = (value: unknown) => gzipSync(typeof value === 'string' ? value : JSON.stringify(value))
  const table: readonly (readonly [what: string, bytes: Uint8Array, said: RegExp])[] = [
    ['no gzip', Buffer.from('id: a'), /no gzip of a JSON array/],
    ['nothing', Buffer.alloc(0), /no gzip/],
    ['no JSON', zip('id: a'), /no gzip of a JSON array/],
    ['no UTF-8', gzipSync(Buffer.from([0x22, 0xff, 0x22])), /no gzip of a JSON array/],
    ['more than would fit into any record', gzipSync(Buffer.alloc(40_000_000)), /no gzip/],
    ['no array', zip({}), /an array/],
    ['an empty array', zip([]), /one or more/],
    ['a file without a text', zip([{ path: 'a' }]), /file 0 has no path or no text/],
    ['null for a file', zip([null]), /file 0/],
    ['a path outside', zip([{ path: '../a', text: '' }]), /no path below/],
    ['an absolute path', zip([{ path: '/etc/a', text: '' }]), /no path below/],
    [
      'a path twice',
      zip([
        { path: 'a', text: '' },
        { path: 'a', text: '' },
      ]),
      /twice/,
    ],
    ['half a layer', zip([{ path: 'a', text: '', layer: 0.5 }]), /layer/],
  ]
  test.each(table)('%s is refused', (_what, bytes, said) => {
    expect(() => unpackFiles(bytes)).toThrow(expect.objectContaining({ code: 'KM_CATALOGUE_FILES' }))
    expect(() => unpackFiles(bytes)).toThrow(said)
  })

  test('more keys than are known are let go of', () => {
    expect(checkFiles([{ path: 'a', text: 'b', mode: 0o644 }])).toEqual([{ path: 'a', text: 'b' }])
  })
})

describe('a folder’s files as they are published', () => {
  const bytes = (text: string) => Buffer.from(text)

  test('have the same paths wherever the folder and the one that it extends stand', () => {
    const here = portableFiles('/etc/km', [
      { path: '/etc/km/rules/a.yaml', text: bytes('a') },
      { path: '/opt/app/deploy/catalogue/policy.yaml', text: bytes('p'), layer: 1 },
      { path: '/opt/app/deploy/catalogue/rules/b.yaml', text: bytes('b'), layer: 1 },
    ])
    const there = portableFiles('mine', [
      { path: 'mine/rules/a.yaml', text: bytes('a') },
      { path: '/srv/deploy/catalogue/policy.yaml', text: bytes('p'), layer: 1 },
      { path: '/srv/deploy/catalogue/rules/b.yaml', text: bytes('b'), layer: 1 },
    ])
    expect(here.files.map(({ path }) => path)).toEqual([
      'rules/a.yaml',
      'extended-1/policy.yaml',
      'extended-1/rules/b.yaml',
    ])
    expect(here.files).toEqual(there.files)
  })

  test('and problems keep the paths that people know', () => {
    const { files, located } = portableFiles('mine', [{ path: 'mine/rules/a.yaml', text: bytes('id: [') }])
    const problems = located(loadCatalogue(files)).problems ?? []
    expect(problems.map(({ location }) => location?.file)).toContain('mine/rules/a.yaml')
  })

  test('bytes that are no text stay bytes, and are refused with their place', () => {
    const { files, located } = portableFiles('mine', [
      { path: 'mine/rules/a.yaml', text: Buffer.from([0x69, 0x64, 0x3a, 0xff]) },
    ])
    expect(located(loadCatalogue(files)).problems?.map(String)).toContain(
      'mine/rules/a.yaml:1:4  KM_YAML_ENCODING  not UTF-8 from here on; save the file as UTF-8',
    )
  })
})

test('content is the same in any order, and another in another layer', () => {
  const [a, b] = [
    { path: 'a', text: '1' },
    { path: 'b', text: '2' },
  ]
  expect(isSameContent([a, b], [b, a])).toBe(true)
  expect(isSameContent([a], [a, b])).toBe(false)
  expect(isSameContent([a, b], [a, { ...b, layer: 1 }])).toBe(false)
  expect(isSameContent([a, b], [a, { ...b, text: '3' }])).toBe(false)
})
