import { describe, expect, test } from 'vitest'
import { problemsOf, rule, wrongFiles } from './wrong-file.ts'

describe('YAML', () => {
  wrongFiles('rules/r.yaml', [
    [
      'KM_YAML_SYNTAX',
      'id: [a, b\nmoment: change\n',
      '2:1  KM_YAML_SYNTAX  flow sequence in block collection must be sufficiently indented and end with a ]; is a bracket before it not closed?',
    ],
    [
      'KM_YAML_SYNTAX',
      'id: r\ntitle: { en: Top-up of 50 yuan: big }\n',
      "2:14  KM_YAML_SYNTAX  block collections are not allowed within flow collections; between { and } a text with ': ' stands in quotes",
    ],
    ['KM_YAML_DUPLICATE_KEY', rule('moment: first'), '4:1  KM_YAML_DUPLICATE_KEY  map keys must be unique'],
    ['KM_YAML_TAB', 'id: r\ntitle:\n\ten: R\n', '3:1  KM_YAML_TAB  tabs are not allowed as indentation'],
    ['KM_YAML_TAG', 'id: !!js/function r\n', '1:5  KM_YAML_TAG  unresolved tag: tag:yaml.org,2002:js/function'],
    ['KM_YAML_SYNTAX', 'id: *name\n', "1:5  KM_YAML_SYNTAX  there is no anchor '&name' before this alias"],
    [
      'KM_CATALOGUE_EMPTY_FILE',
      '',
      '1:1  KM_CATALOGUE_EMPTY_FILE  the file holds nothing; delete it, or was it saved half?',
    ],
    [
      'KM_CATALOGUE_EMPTY_FILE',
      '# nothing yet\n',
      '1:1  KM_CATALOGUE_EMPTY_FILE  the file holds nothing; delete it, or was it saved half?',
    ],
  ])

  test.each(['id: [a, b', 'id: r\ntitle: { en: Third', 'id: r\nwhen: "calls', 'id: r\nmom'])(
    'a file that ends in the middle: %s',
    (text) => {
      expect(problemsOf({ path: 'rules/r.yaml', text })).toEqual([
        expect.stringMatching(/^rules\/r.yaml:[12]:\d+ {2}KM_CATALOGUE_HALF_SAVED {2}.*; was it saved half, or is a/),
      ])
    },
  )

  test('the first fault of a file says what mostly causes it', () => {
    const indented = problemsOf({ path: 'rules/r.yaml', text: 'id: r\nmoment: change\n title: { en: R }\n' })
    expect(indented[0]).toContain('is a line indented differently from its neighbours')
    const unquoted = problemsOf({ path: 'rules/r.yaml', text: 'open: { on: cdr, where: kind in ["voice"] }\n' })
    expect(unquoted).toEqual([
      'rules/r.yaml:1:33  KM_YAML_SYNTAX  unexpected flow-seq-start at node end; a text with quotes or brackets stands in quotes as a whole',
    ])
  })

  test('KM_YAML_ENCODING names the first byte that is not UTF-8', () => {
    const text = Buffer.concat([Buffer.from('id: r\ntitle: { zh: 流'), Buffer.from([0xd6, 0xd0]), Buffer.from(' }\n')])
    expect(problemsOf({ path: 'rules/r.yaml', text })).toEqual([
      'rules/r.yaml:2:15  KM_YAML_ENCODING  not UTF-8 from here on; save the file as UTF-8',
    ])
  })

  test('KM_YAML_TOO_LARGE', () => {
    expect(problemsOf({ path: 'rules/r.yaml', text: `# ${'x'.repeat(1_048_576)}` })).toEqual([
      'rules/r.yaml:1:1  KM_YAML_TOO_LARGE  larger than 1048576 bytes; split the file',
    ])
  })

  test('KM_YAML_ALIASES: an alias bomb is refused without being expanded', () => {
    const levels = Array.from({ length: 30 }, (_, level) => {
      const content =
        level === 0
          ? '"lol"'
          : Array(9)
              .fill(`*a${level - 1}`)
              .join(', ')
      return `a${level}: &a${level} [${content}]`
    })
    const [found, ...more] = problemsOf({ path: 'rules/r.yaml', text: `${levels.join('\n')}\n` })
    expect(more).toEqual([])
    expect(found).toMatch(/^rules\/r\.yaml:\d+:\d+ {2}KM_YAML_ALIASES {2}aliases repeat more than 100 times/)
  })

  test('nesting without end is a fault of the file, not of the process', () => {
    const [found] = problemsOf({ path: 'rules/r.yaml', text: '['.repeat(100_000) })
    expect(found).toMatch(/^rules\/r\.yaml:1:\d+ {2}KM_(YAML_SYNTAX|CATALOGUE_HALF_SAVED)/)
  })
})
