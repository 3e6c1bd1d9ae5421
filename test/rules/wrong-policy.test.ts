import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import { factors, offers, policy } from './catalogue-files.ts'
import { problemsOf, wrongFiles } from './wrong-file.ts'

describe('offers and policy', () => {
  wrongFiles('offers/o.yaml', [
    [
      'KM_CATALOGUE_MISSING_KEY',
      'id: o\ntitle: { en: O }\nmessage: { zh: 你好 }\n',
      "3:10  KM_CATALOGUE_MISSING_KEY  'en' is missing in 'message'",
    ],
    [
      'KM_CATALOGUE_VALUE',
      'id: o\ntitle: { en: O }\nmessage: { en: Hello, english: Hello }\n',
      "3:23  KM_CATALOGUE_VALUE  'english' cannot be a key here",
    ],
  ])
  const policyWith = (from: string, to: string) => String(policy.text).replace(from, to)
  wrongFiles('policy.yaml', [
    [
      'KM_CATALOGUE_TIME_ZONE',
      policyWith('Asia/Shanghai', 'China'),
      "1:20  KM_CATALOGUE_TIME_ZONE  'China' is no IANA time zone; write it like Asia/Shanghai",
    ],
    [
      'KM_CATALOGUE_WALL_TIME',
      policyWith('"22:00"', '"10pm"'),
      '3:52  KM_CATALOGUE_WALL_TIME  \'10pm\' is no time of day; write it like "09:00", with quotes',
    ],
    ['KM_CATALOGUE_TYPE', policyWith('"22:00"', '22'), "3:52  KM_CATALOGUE_TYPE  'start' must be text, not a number"],
    [
      'KM_CATALOGUE_WALL_TIME',
      policyWith('"08:00"', '"24:00"'),
      '3:66  KM_CATALOGUE_WALL_TIME  \'24:00\' is no time of day; midnight is "00:00"',
    ],
    [
      'KM_CATALOGUE_VALUE',
      policyWith('end: "08:00" }', 'end: "08:00" }, { id: shift, channels: [sms, ivr], start: "07:00", end: "23:00" }'),
      "3:77  KM_CATALOGUE_VALUE  with 'shift' it is quiet all day for sms: nothing would ever be sent; leave some time open",
    ],
    [
      'KM_CATALOGUE_TYPE',
      `${policy.text}holdout: 5 %\n`,
      "6:10  KM_CATALOGUE_TYPE  'holdout' must be a number, not text; 5 % is written 0.05",
    ],
    [
      'KM_CATALOGUE_VALUE',
      `${policy.text}currency: RMB\n`,
      "6:11  KM_CATALOGUE_VALUE  'RMB' is no currency of ISO 4217; did you mean 'CNY'?; write it like CNY",
    ],
    [
      'KM_CATALOGUE_VALUE',
      policyWith('"22:00"', '"08:00"'),
      '3:15  KM_CATALOGUE_VALUE  start and end are the same: is it quiet never or always?',
    ],
    [
      'KM_CATALOGUE_NO_POLICY',
      `${policy.text}---\n${policy.text}`,
      '7:1  KM_CATALOGUE_NO_POLICY  there is a second policy; keep one',
    ],
  ])

  test('KM_CATALOGUE_NO_POLICY', () => {
    const found = loadCatalogue([factors, offers]).problems?.map(String)
    expect(found).toEqual(['KM_CATALOGUE_NO_POLICY  there is no policy.yaml; add one'])
  })

  test('KM_CATALOGUE_UNEXPECTED_FILE', () => {
    expect(problemsOf({ path: 'rule/r.yaml', text: 'id: r' })).toEqual([
      'rule/r.yaml:1:1  KM_CATALOGUE_UNEXPECTED_FILE  a catalogue has factors/*.yaml, rules/*.yaml, offers/*.yaml, campaigns/*.yaml, segments/*.yaml, tags/*.yaml, calendars/*.yaml, examples/*.yaml and policy.yaml; move or rename it',
    ])
  })
})

test('of a policy that cannot be read only that is told, and nothing that follows from it', () => {
  const dear = {
    path: 'offers/o.yaml',
    text: 'id: o\ntitle: { en: O }\nprice: 5\nmessage: { en: "{{ offer.price | money }}" }\n',
  }
  expect(problemsOf(dear, { path: 'policy.yaml', text: `${policy.text}gaps: {}\n` })).toEqual([
    'policy.yaml:6:1  KM_YAML_DUPLICATE_KEY  map keys must be unique',
  ])
})
