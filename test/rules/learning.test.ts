import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../services/rules/load.ts'
import type { SourceFile } from '../../services/rules/source.ts'
import { catalogueWith, policy } from './catalogue-files.ts'

const offersWith = (more: string): SourceFile => ({
  path: 'offers/all.yaml',
  text: `- { id: data-booster, title: { en: Booster }, message: { en: Take it }, value: 100, ${more} }\n`,
})
const learns = offersWith('acceptance: { prior: 0.1, strength: 50 }')
const rules: SourceFile = {
  path: 'rules/all.yaml',
  text: '- { id: in-it, moment: change, title: { en: A }, on: cdr, when: calls_24h > 1, purpose: marketing, offers: [data-booster], campaign: growth }\n',
}
const load = (...files: readonly SourceFile[]) => loadCatalogue(catalogueWith(...files))
const problemsOf = (...files: readonly SourceFile[]) => load(...files).problems?.map(String) ?? []

describe('offers', () => {
  test('learn where they have a strength, and say how long answers are awaited', () => {
    const { catalogue } = load(offersWith('acceptance: { prior: 0.1, strength: 0.5 }, answer_within: 48h'))
    expect(catalogue?.offers).toMatchObject([{ acceptance: { prior: 0.1, strength: 0.5 }, answerWithin: 172_800_000 }])
  })

  test.each([
    ['acceptance: { prior: 0.1, strength: 0 }', 'KM_CATALOGUE_VALUE', "'strength' must be more than 0, not 0"],
    ['acceptance: { prior: 0.1, strength: -3 }', 'KM_CATALOGUE_VALUE', "'strength' must be more than 0, not -3"],
    ['acceptance: { prior: 1.1, strength: 5 }', 'KM_CATALOGUE_VALUE', "'prior' must be 1 or less, not 1.1"],
    ['acceptance: { prior: 0.1, strenght: 5 }', 'KM_CATALOGUE_UNKNOWN_KEY', "did you mean 'strength'?"],
    ['answer_within: 10', 'KM_CATALOGUE_TYPE', 'a length of time has a unit'],
    ['answer_within: 200d', 'KM_CATALOGUE_DURATION', '92d'],
    ['answer_within: 5s', 'KM_CATALOGUE_DURATION', '60s'],
  ])('%s: %s', (more, code, words) => {
    const problems = problemsOf(offersWith(more))
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^offers/all\\.yaml:1:\\d+ {2}${code} `))])
    expect(problems[0]).toContain(words)
  })
})

describe('a policy', () => {
  const policyWith = (more: string): SourceFile => ({ ...policy, text: `${policy.text}${more}\n` })

  test('says how it learns', () => {
    const { catalogue } = load(learns, policyWith('learning: { explore: 0.2, half_life: 30d }\nanswer_within: 72h'))
    const day = 86_400_000
    expect(catalogue?.policy.learning).toEqual({ learn: true, explore: 0.2, halfLife: 30 * day })
    expect(catalogue?.policy.answerWithin).toBe(3 * day)
    expect(load(learns, policyWith('learning: { learn: false }')).catalogue?.policy.learning).toEqual({
      learn: false,
      explore: 0,
    })
    expect(load(learns).catalogue?.policy.learning).toBeUndefined()
  })

  test.each([
    ['learning: { explore: 1.2 }', "6:22  KM_CATALOGUE_VALUE  'explore' must be 1 or less, not 1.2"],
    ['learning: { explore: -0.1 }', "6:22  KM_CATALOGUE_VALUE  'explore' must be 0 or more, not -0.1"],
    ['learning: { half_life: 1h }', '6:24  KM_CATALOGUE_DURATION'],
    ['learning: {}', "6:11  KM_CATALOGUE_VALUE  'learning' must not be empty"],
    [
      'learning: { learn: false, explore: 0.1 }',
      "6:36  KM_POLICY_LEARNING  with learn: false nothing is learned, so that 'explore' says nothing",
    ],
    ['answer_within: soon', '6:16  KM_CATALOGUE_DURATION'],
  ])('%s', (more, expected) => {
    expect(problemsOf(learns, policyWith(more))[0]).toContain(expected)
  })

  test('explores only where an offer learns', () => {
    const problems = problemsOf(offersWith('acceptance: 0.1'), policyWith('learning: { explore: 0.1 }'))
    expect(problems).toEqual([expect.stringContaining('6:22  KM_POLICY_LEARNING  no offer learns')])
    expect(problemsOf(offersWith('acceptance: 0.1'), policyWith('learning: { half_life: 30d }'))).toEqual([])
  })
})

describe('guardrails', () => {
  const campaign = (variants: string, more = ''): SourceFile => ({
    path: 'campaigns/all.yaml',
    text: `id: growth\ntitle: { en: Growth }\n${more}variants:\n  - { id: plain, share: 0.5 }\n  - { id: warm, share: 0.5, ${variants} }\n`,
  })
  const control = 'control: plain\n'

  test('are read, with the confidence that is usual, and fall back to the control', () => {
    const rails =
      'stop_if: [{ rate: opt-out, above: 0.02, exposures: 200 }, { rate: refusal, times_control: 1.5, exposures: 100, confidence: 0.9 }]'
    const variants = (...files: readonly SourceFile[]) =>
      load(learns, rules, ...files).catalogue?.campaigns[0]?.variants
    expect(variants(campaign(rails, control))?.[1]).toMatchObject({
      stopIf: [
        { rate: 'opt-out', above: { rate: 0.02 }, exposures: 200, confidence: 0.99 },
        { rate: 'refusal', above: { times: 1.5, against: 'control' }, exposures: 100, confidence: 0.9 },
      ],
      whenStopped: 'control',
    })
    const one = 'stop_if: [{ rate: opt-out, above: 0.02, exposures: 200 }]'
    expect(variants(campaign(`${one}, when_stopped: nothing`, control))?.[1]).toMatchObject({ whenStopped: 'nothing' })
    expect(variants(campaign(one))?.[1]).toMatchObject({ whenStopped: 'nothing' })
  })

  test('belong to an edition: what is tried changes it, and what it is called does not', () => {
    const rail = 'stop_if: [{ rate: opt-out, above: 0.02, exposures: 200 }]'
    const edition = (file: SourceFile) => load(learns, rules, file).catalogue?.campaigns[0]?.experiment
    const first = edition(campaign(rail))
    expect(first).toBeDefined()
    const described = {
      ...campaign(rail),
      text: `${campaign(rail).text}description: { en: Other words }\nholdout: 0.2\n`,
    }
    expect(edition(described)).toBe(first)
    for (const other of [
      campaign(rail.replace('200', '201')),
      campaign(`${rail}, messages: { data-booster: { en: Dear you } }`),
      campaign(rail, 'salt: spring\n'),
      campaign(rail, control),
    ]) {
      expect(edition(other)).not.toBe(first)
    }
  })

  const rail = (text: string) => `stop_if: [{ rate: opt-out, exposures: 10, ${text} }]`
  test.each([
    [
      rail('above: 0.1, times_control: 2'),
      control,
      "KM_CAMPAIGN_GUARDRAIL  'above' and 'times_control' are different rails",
    ],
    [rail('confidence: 0.9'), control, "KM_CAMPAIGN_GUARDRAIL  'above', 'times_control' or 'times' is missing"],
    [rail('times: 2'), `${control}holdout: 0.1\n`, "KM_CAMPAIGN_GUARDRAIL  it isn't said whose"],
    [
      rail('above: 0.1, against: holdout'),
      `${control}holdout: 0.1\n`,
      "KM_CAMPAIGN_GUARDRAIL  it isn't said how often",
    ],
    [rail('times: 2, against: holdout'), control, 'KM_CAMPAIGN_GUARDRAIL  nobody is held out to compare with'],
    [rail('times: 2, against: holdot'), `${control}holdout: 0.1\n`, "did you mean 'holdout'"],
    [rail('above: 1'), control, 'KM_CAMPAIGN_GUARDRAIL  no rate is above 1, so that this never holds'],
    [rail('above: 1.5'), control, "KM_CATALOGUE_VALUE  'above' must be 1 or less, not 1.5"],
    [rail('above: -1'), control, "KM_CATALOGUE_VALUE  'above' must be 0 or more, not -1"],
    [rail('times_control: 0.5'), control, "KM_CATALOGUE_VALUE  'times_control' must be 1 or more, not 0.5"],
    [rail('times_control: 2'), '', 'KM_CAMPAIGN_GUARDRAIL  there is no control to compare with'],
    [rail('above: 0.1, confidence: 1'), control, "KM_CATALOGUE_VALUE  'confidence' must be 0.99999 or less, not 1"],
    [rail('above: 0.1, confidence: 0.2'), control, "KM_CATALOGUE_VALUE  'confidence' must be 0.5 or more, not 0.2"],
    [
      'stop_if: [{ rate: opt-out, above: 0.1, exposures: 0 }]',
      control,
      "KM_CATALOGUE_VALUE  'exposures' must be 1 or more, not 0",
    ],
    ['stop_if: [{ rate: opt-out, above: 0.1 }]', control, "KM_CATALOGUE_MISSING_KEY  'exposures' is missing"],
    [
      'stop_if: [{ rate: optout, above: 0.1, exposures: 5 }]',
      control,
      "'rate' must be one of opt-out, refusal, not 'optout'; did you mean 'opt-out'?",
    ],
    ['when_stopped: nothing', control, 'KM_CAMPAIGN_GUARDRAIL  nothing ever stops it'],
    [`${rail('above: 0.1')}, when_stopped: control`, '', 'KM_CAMPAIGN_GUARDRAIL  there is no control to fall back to'],
    [rail('above: 0.1'), 'control: warm\n', "KM_CAMPAIGN_GUARDRAIL  'warm' is the control"],
    [rail('above: 0.1'), 'control: plane\n', "KM_CAMPAIGN_GUARDRAIL  no variant 'plane'; did you mean 'plain'?"],
  ])('%s %s', (variant, more, expected) => {
    const problems = problemsOf(learns, rules, campaign(variant, more))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^campaigns\/all\.yaml:\d+:\d+ {2}/)
    expect(problems[0]).toContain(expected)
  })
})
