import { describe, expect, test } from 'vitest'
import { impactOfLoaded } from '../../services/catalogue/impact.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import type { SourceFile } from '../../services/rules/source.ts'
import { catalogueWith, policy } from './catalogue-files.ts'

const offers: SourceFile = {
  path: 'offers/all.yaml',
  text: `
- { id: data-booster, title: { en: Booster }, message: { en: Take it } }
- { id: day-pass, title: { en: Pass }, message: { en: Take it } }
- { id: plan-review, title: { en: Review }, message: { en: Take it } }
`,
}
const rule = (id: string, campaign?: string) =>
  `- { id: ${id}, moment: change, title: { en: A }, on: cdr, when: calls_24h > 1, purpose: marketing, offers: [data-booster]${campaign === undefined ? '' : `, campaign: ${campaign}`} }\n`
const rules: SourceFile = { path: 'rules/all.yaml', text: rule('in-it', 'growth') + rule('alone') }
const growth = '- { id: growth, title: { en: Growth } }\n'
const campaigns = (text: string): SourceFile => ({ path: 'campaigns/all.yaml', text })
const load = (text: string, instead: SourceFile = rules) =>
  loadCatalogue(catalogueWith(offers, instead, campaigns(text)))
const problemsOf = (text: string, instead?: SourceFile) => load(text, instead).problems?.map(String) ?? []

const unguarded = { stopIf: [], whenStopped: 'nothing' }
const edition = expect.stringMatching(/^[a-z2-7]{26}$/)

describe('campaigns', () => {
  test('are named by their rules; a rule that names none is in one of its own id', () => {
    const { catalogue } = load(growth)
    expect(catalogue?.ruleset.rules.map(({ id, campaign }) => [id, campaign])).toEqual([
      ['in-it', 'growth'],
      ['alone', 'alone'],
    ])
    expect(catalogue?.campaigns).toEqual([
      { id: 'growth', title: { en: 'Growth' }, holdout: 0, salt: 'growth', experiment: edition, variants: [] },
    ])
  })

  test('are read with all that they say', () => {
    const { catalogue } = load(`
id: growth
title: { en: Growth }
description: { en: Sells packs. }
holdout: 0.1
salt: spring
variants:
  - { id: as-ever, share: 0.7 }
  - { id: pass, share: 0.2, offers: { data-booster: day-pass } }
  - { id: warm, share: 0.1, messages: { data-booster: { en: Dear you, zh: 您好 } } }
`)
    expect(catalogue?.campaigns).toEqual([
      {
        id: 'growth',
        title: { en: 'Growth' },
        description: { en: 'Sells packs.' },
        holdout: 0.1,
        salt: 'spring',
        experiment: edition,
        variants: [
          { id: 'as-ever', share: 0.7, offers: {}, messages: {}, ...unguarded },
          { id: 'pass', share: 0.2, offers: { 'data-booster': 'day-pass' }, messages: {}, ...unguarded },
          {
            id: 'warm',
            share: 0.1,
            offers: {},
            messages: { 'data-booster': { en: 'Dear you', zh: '您好' } },
            ...unguarded,
          },
        ],
      },
    ])
  })

  const withVariants = (...variants: string[]) =>
    `id: growth\ntitle: { en: Growth }\nvariants:\n${variants.map((one) => `  - { ${one} }\n`).join('')}`
  test.each([
    ['KM_CAMPAIGN_SHARES', withVariants('id: a, share: 0.5', 'id: b, share: 0.4'), '4:3', 'add up to 0.9, not 1'],
    ['KM_CAMPAIGN_SHARES', withVariants('id: a, share: 0.5', 'id: b, share: 0.6'), '4:3', 'add up to 1.1, not 1'],
    ['KM_CAMPAIGN_SENDER', 'id: growth\ntitle: { en: G }\nsender: Your Operator', '3:9', 'at most 11 letters'],
    ['KM_CATALOGUE_VALUE', withVariants('id: a, share: 1.5'), '4:21', "'share' must be 1 or less, not 1.5"],
    ['KM_CATALOGUE_VALUE', withVariants('id: a, share: 0', 'id: b, share: 1'), '4:21', "'share' must be more than 0"],
    ['KM_CATALOGUE_VALUE', 'id: growth\ntitle: { en: G }\nholdout: 5', '3:10', "'holdout' must be 1 or less, not 5"],
    ['KM_CATALOGUE_DUPLICATE_ID', withVariants('id: a, share: 0.5', 'id: a, share: 0.5'), '5:11', "variant 'a'"],
    ['KM_CATALOGUE_DUPLICATE_ID', `${growth}${growth}`, '2:9', "another campaign 'growth'"],
    ['KM_CATALOGUE_UNKNOWN_KEY', 'id: growth\ntitle: { en: G }\nholdouts: 0.1', '3:1', "did you mean 'holdout'"],
    [
      'KM_RULE_UNKNOWN_OFFER',
      withVariants('id: a, share: 1, offers: { data-booster: day-pas }'),
      '4:48',
      "no offer 'day-pas'; did you mean 'day-pass'?",
    ],
    [
      'KM_CAMPAIGN_VARIANT',
      withVariants('id: a, share: 1, offers: { data-booster: data-booster }'),
      '4:48',
      "'data-booster' takes its own place",
    ],
    [
      'KM_CAMPAIGN_VARIANT',
      withVariants('id: a, share: 1, offers: { data-booster: day-pass }, messages: { data-booster: { en: X } }'),
      '4:86',
      'this is never said',
    ],
    [
      'KM_CAMPAIGN_VARIANT',
      withVariants('id: a, share: 1, messages: { plan-review: { en: X } }'),
      '4:49',
      "no rule of the campaign offers 'plan-review'",
    ],
  ])('%s %#', (code, text, place, words) => {
    const problems = problemsOf(text)
    expect(problems).toEqual([expect.stringContaining(`campaigns/all.yaml:${place}  ${code}`)])
    expect(problems[0]).toContain(words)
  })

  test('that nobody wrote are not named by a rule', () => {
    const misnamed = { path: 'rules/all.yaml', text: rule('in-it', 'grwth') }
    expect(problemsOf(growth, misnamed)).toEqual([
      expect.stringMatching(
        /^rules\/all\.yaml:1:\d+ {2}KM_RULE_UNKNOWN_CAMPAIGN {2}no campaign 'grwth' in campaigns\/\*\.yaml; did you mean 'growth'\?$/,
      ),
    ])
  })

  test('count in the version, and are compared as other items are', () => {
    const files = (text: string) => catalogueWith(offers, rules, campaigns(text))
    const [before, after] = [growth, growth.replace('{ en: Growth }', '{ en: Growth }, holdout: 0.1')].map((text) => ({
      files: files(text),
      ...loadCatalogue(files(text)),
    }))
    if (!before || !after) throw new Error('nothing was loaded')
    expect(before.catalogue?.version).not.toBe(after.catalogue?.version)
    expect(impactOfLoaded(before, after).changes).toEqual([
      expect.objectContaining({
        kind: 'campaigns',
        id: 'growth',
        change: 'changed',
        fields: [{ field: 'holdout', after: 0.1 }],
      }),
    ])
    // Moving a rule into a campaign resets nothing that is known of subscribers.
    const versions = [before, after].map(({ catalogue }) => catalogue?.ruleset.rules.map(({ version }) => version))
    expect(versions[0]).toEqual(versions[1])
  })

  test('of a catalogue below are replaced, or left out', () => {
    const below = catalogueWith(offers, rules, campaigns(growth)).map((file) => ({
      ...file,
      path: `base/${file.path}`,
      layer: 1,
    }))
    const upon = (...own: SourceFile[]) => loadCatalogue([...own, ...below])
    const mine = { path: 'own/campaigns/c.yaml', text: '{ id: growth, title: { en: Mine }, holdout: 0.2 }' }
    expect(upon(mine).catalogue?.campaigns.map(({ holdout }) => holdout)).toEqual([0.2])
    const without = { path: 'own/catalogue.yaml', text: 'extends: base\nwithout: { campaigns: [growth] }\n' }
    expect(upon(without).problems?.map(String)).toEqual([expect.stringContaining('KM_RULE_UNKNOWN_CAMPAIGN')])
    // Rules that are left out leave their campaign idle: a catalogue above needn't know of it.
    const tried = below.map((file) =>
      file.path.endsWith('campaigns/all.yaml')
        ? { ...file, text: withVariants('id: a, share: 1, offers: { data-booster: day-pass }') }
        : file,
    )
    const noRules = { path: 'own/catalogue.yaml', text: 'extends: base\nonly_rules: []\n' }
    expect(loadCatalogue([noRules, ...tried]).problems).toBeUndefined()
    const unknown = { path: 'own/catalogue.yaml', text: 'extends: base\nwithout: { campaigns: [grow] }\n' }
    expect(upon(unknown).problems?.map(String)).toEqual([
      expect.stringContaining("nothing below has a campaign 'grow'"),
    ])
  })
})

describe('what offers are weighed by', () => {
  const offersWith = (more: string): SourceFile => ({
    path: 'offers/all.yaml',
    text: `- { id: data-booster, title: { en: B }, message: { en: M }, ${more} }\n`,
  })
  const tags = {
    path: 'tags/t.yaml',
    text: '- { id: odds, title: { en: O }, type: double }\n- { id: tier, title: { en: T } }\n',
  }
  const segments = {
    path: 'segments/s.yaml',
    text: '- { id: rich, dimension: value, title: { en: R }, when: calls_24h > 3 }\n',
  }
  const found = (more: string) =>
    loadCatalogue(catalogueWith(offersWith(more), tags, segments)).problems?.map(String) ?? []

  test('may be one number, or told by segment, channel and score', () => {
    expect(found('value: 100, acceptance: 0')).toEqual([])
    expect(found('value: 100, acceptance: 1')).toEqual([])
    const by =
      '[{ segment: rich, channel: push, prior: 0.3 }, { segment: rich, prior: 0.2 }, { channel: sms, prior: 0.1 }]'
    expect(found(`value: 100, acceptance: { prior: 0.1, by: ${by}, score: odds }`)).toEqual([])
  })

  test.each([
    ['acceptance: 0.1', 'KM_OFFER_ACCEPTANCE', 'nothing to weigh'],
    ['value: 1, acceptance: 1.2', 'KM_CATALOGUE_VALUE', "'acceptance' must be 1 or less, not 1.2"],
    ['value: 1, acceptance: -0.1', 'KM_CATALOGUE_VALUE', "'acceptance' must be 0 or more, not -0.1"],
    ['value: 1, acceptance: high', 'KM_CATALOGUE_TYPE', "'acceptance' must be a mapping"],
    ['value: 1, acceptance: { score: odds }', 'KM_CATALOGUE_MISSING_KEY', "'prior' is missing"],
    ['value: 1, acceptance: { prior: 2 }', 'KM_CATALOGUE_VALUE', "'prior' must be 1 or less"],
    ['value: 1, acceptance: { prior: 0, by: [{ prior: 0.1 }] }', 'KM_OFFER_ACCEPTANCE', 'for everybody'],
    [
      'value: 1, acceptance: { prior: 0, by: [{ segment: rich, prior: 1 }, { segment: rich, channel: sms, prior: 0.1 }] }',
      'KM_OFFER_ACCEPTANCE',
      'item 1 before it fits wherever this does',
    ],
    [
      'value: 1, acceptance: { prior: 0, by: [{ segment: ritch, prior: 1 }] }',
      'KM_SEGMENT_UNKNOWN',
      "did you mean 'rich'",
    ],
    ['value: 1, acceptance: { prior: 0, score: ods }', 'KM_TAG_UNKNOWN', "did you mean 'odds'"],
    ['value: 1, acceptance: { prior: 0, score: tier }', 'KM_OFFER_ACCEPTANCE', "tag 'tier' is text"],
  ])('%s: %s', (more, code, words) => {
    const problems = found(more)
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^offers/all\\.yaml:1:\\d+ {2}${code} `))])
    expect(problems[0]).toContain(words)
  })
})

describe('of the policy', () => {
  const policyWith = (more: string): SourceFile => ({ ...policy, text: `${policy.text}${more}\n` })
  const found = (more: string) => loadCatalogue(catalogueWith(policyWith(more))).problems?.map(String) ?? []

  test('holdout, weights and costs are read', () => {
    const segments = {
      path: 'segments/s.yaml',
      text: '- { id: rich, dimension: value, title: { en: R }, when: calls_24h > 3 }\n',
    }
    const more = 'holdout: 0.05\nholdout_salt: "2027"\npriority_weights: { rich: 3 }\nchannel_costs: { sms: 5 }'
    expect(loadCatalogue(catalogueWith(policyWith(more), segments)).catalogue?.policy).toMatchObject({
      holdout: { share: 0.05, salt: '2027' },
      priorityWeights: { rich: 3 },
      channelCosts: { sms: 5 },
    })
    expect(loadCatalogue(catalogueWith(policyWith('holdout: 0'))).catalogue?.policy.holdout).toBeUndefined()
  })

  test.each([
    ['holdout: 1.5', "6:10  KM_CATALOGUE_VALUE  'holdout' must be 1 or less, not 1.5"],
    ['holdout: 5%', "6:10  KM_CATALOGUE_TYPE  'holdout' must be a number, not text"],
    ['holdout_salt: x', '6:15  KM_CATALOGUE_VALUE  a salt without a holdout draws nobody'],
    ['priority_weights: { rich: 3 }', "6:27  KM_SEGMENT_UNKNOWN  no segment 'rich'"],
    ['priority_weights: { rich: 0 }', "6:27  KM_CATALOGUE_VALUE  'rich' must be more than 0, not 0"],
    ['channel_costs: { sms: -1 }', "6:23  KM_CATALOGUE_VALUE  'sms' must be 0 or more, not -1"],
    ['channel_costs: { smss: 1 }', "6:18  KM_CATALOGUE_UNKNOWN_KEY  no key 'smss' here; did you mean 'sms'?"],
  ])('%s', (more, expected) => {
    const [first = ''] = found(more)
    expect(first).toContain(expected)
  })
})
