import { loadCatalogue } from '../../services/rules/load.ts'
import type { Ruleset } from '../../services/rules/ruleset.ts'

const windows = [
  ['1h', '{ rolling: 2h, pane: 1h }'],
  ['24h', '{ rolling: 24h, pane: 1h }'],
  ['7d', '{ days: 7 }'],
  ['30d', '{ days: 30 }'],
  ['1d', '{ days: 1 }'],
  ['8d', '{ days: 8 }'],
] as const

interface Metric {
  readonly id: string
  readonly from: string
  readonly where?: string
  readonly value?: string
  /** Thresholds of the 1h, 24h, 7d and 30d windows. */
  readonly thresholds: readonly (readonly number[])[]
}

const metrics: readonly Metric[] = [
  {
    id: 'voice_secs',
    from: 'cdr',
    where: 'kind == "voice"',
    value: 'duration_s',
    thresholds: [
      [4800, 6000, 7200],
      [9000, 15_000, 20_000],
      [30_000, 60_000, 90_000],
      [40_000, 80_000, 120_000],
    ],
  },
  {
    id: 'dropped',
    from: 'cdr',
    where: 'end_cause == "dropped"',
    thresholds: [
      [3, 4],
      [7, 10],
      [15, 30],
      [16, 40],
    ],
  },
  ...['video', 'social', 'other'].map((category) => ({
    id: category,
    from: 'app-usage',
    where: `app_category == "${category}"`,
    value: '(bytes_up + bytes_down) / 1024',
    thresholds: [
      [900_000, 1_100_000, 1_300_000],
      [3_000_000, 8_000_000],
      [9_000_000, 25_000_000],
      [12_000_000, 30_000_000],
    ],
  })),
  { id: 'recharges', from: 'recharge', thresholds: [[3], [4, 5], [6, 8], [10]] },
  { id: 'recharged', from: 'recharge', value: 'amount', thresholds: [[9000], [12_000], [20_000], [40_000]] },
  { id: 'complaints', from: 'complaint', thresholds: [[2], [3], [4], [5]] },
]

/** A hundred rules in the proportions of the reference job: thresholds over panes and days, changes, firsts, absences. */
export function referenceRuleset(): Ruleset {
  const factors: string[] = []
  const rules: string[] = []
  const rule = (id: string, moment: string, body: string) =>
    rules.push(`- { id: ${id}, moment: ${moment}, title: { en: ${id} }, purpose: care, offers: [o], ${body} }`)
  for (const { id, from, where, value, thresholds } of metrics) {
    const what = `${where ? `where: '${where}', ` : ''}${value ? `value: ${value}, aggregate: sum` : 'aggregate: count'}`
    for (const [name, window] of windows) {
      factors.push(`- { id: ${id}_${name}, title: { en: ${id} }, from: ${from}, ${what}, window: ${window} }`)
    }
    thresholds.forEach((limits, i) => {
      const name = `${id}_${windows[i]?.[0]}`
      for (const limit of limits) {
        rule(
          `${name.replaceAll('_', '-')}-${limit}`,
          'change',
          `on: ${from}, when: ${name} >= ${limit}, once: 24h, evidence: [${name}]`,
        )
      }
    })
  }
  for (const id of ['voice_secs', 'video', 'social', 'other', 'recharged']) {
    for (const k of [2, 3, 5]) {
      const from = metrics.find((metric) => metric.id === id)?.from
      const floor = from === 'app-usage' ? 600_000 : 6000
      const when = `${id}_1d >= ${floor} && ${id}_8d - ${id}_1d >= ${floor / 4} && 7 * ${id}_1d >= ${k} * (${id}_8d - ${id}_1d)`
      rule(
        `${id.replaceAll('_', '-')}-rise-${k}`,
        'change',
        `on: ${from}, when: ${when}, once: 24h, evidence: [${id}_1d, ${id}_8d]`,
      )
    }
  }
  for (let app = 0; app < 10; app++) {
    rule(`first-app-${app}`, 'first', `on: app-usage, when: event.app == "app${20 + app}", history: none`)
  }
  for (let i = 0; i < 5; i++) {
    const pattern = `pattern: [{ low: { on: cdr, where: balance_after < ${100 * (i + 1)} } }, { not: { on: recharge, for: ${12 + 12 * i}h } }]`
    rule(`low-balance-${i}`, 'change', `${pattern}, once: 24h`)
  }
  for (let i = 0; rules.length < 100; i++) {
    rule(
      `long-call-${i}`,
      'change',
      `on: cdr, when: event.duration_s > ${3500 + 10 * i} && dropped_24h >= 1, once: 24h`,
    )
  }
  const loaded = loadCatalogue([
    {
      path: 'policy.yaml',
      text: 'default_time_zone: Asia/Shanghai\ndefault_language: zh\nquiet_hours: []\ncaps: []\ngaps: {}\n',
    },
    { path: 'offers/all.yaml', text: '- { id: o, title: { en: O }, message: { en: O } }\n' },
    { path: 'factors/all.yaml', text: factors.join('\n') },
    { path: 'rules/all.yaml', text: rules.join('\n') },
  ])
  if (!loaded.catalogue) throw new Error(loaded.problems.map((problem) => JSON.stringify(problem)).join('\n'))
  return loaded.catalogue.ruleset
}
