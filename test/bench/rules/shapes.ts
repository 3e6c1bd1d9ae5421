import { type Km1Event, km1Stream } from '../km1-stream.ts'

/** Catalogues of any size whose rules belong together in one way, and the events for them. */
export interface Shape {
  readonly name: string
  /** For the page. */
  readonly says: string
  /** Which rules an event concerns, and so what it may cost; for the page. */
  readonly concerns: string
  /** The i-th of `rules`; `factor` where it needs one of its own. */
  rule(i: number, rules: number): { readonly factor?: string; readonly rule: string }
  /** An event as the shape wants it: it concerns the `pick`-th of the rules. */
  event(event: Km1Event, pick: number): Km1Event
}

const change = (id: string): string => `- id: ${id}\n  moment: change\n  title: { en: ${id} }\n  purpose: marketing\n`

const ofApp = (event: Km1Event, pick: number): Km1Event =>
  event.type === 'app-usage' ? { ...event, value: { ...event.value, app: `app-${pick}` } } : event

/** Values come to the lines of the first hundred rules; those of the others lie beyond, so that as much is told under any number. */
const megabytes =
  '- id: mb\n  title: { en: mb }\n  from: app-usage\n  value: bytes_down / 1048576\n  aggregate: sum\n  window: { days: 7 }\n'

export const shapes: readonly Shape[] = [
  {
    name: 'app',
    says: 'a sum by app: `where: app == "…"`, seven days',
    concerns: 'one rule, or two, whatever their number',
    rule: (i) => ({
      factor: `- id: mb_${i}\n  title: { en: mb_${i} }\n  from: app-usage\n  where: 'app == "app-${i}"'\n  value: bytes_down / 1048576\n  aggregate: sum\n  window: { days: 7 }\n`,
      rule: `${change(`app-${i}`)}  on: app-usage\n  when: 'mb_${i} >= 900'\n  once: 24h\n`,
    }),
    event: ofApp,
  },
  {
    name: 'cell',
    says: 'a count by cell: `where: cell_id == "…" && kind == "voice"`, 24 hours',
    concerns: 'one rule, or two, whatever their number',
    rule: (i) => ({
      factor: `- id: calls_${i}\n  title: { en: calls_${i} }\n  from: cdr\n  where: 'kind == "voice" && cell_id == "cell-${i}"'\n  aggregate: count\n  window: { rolling: 24h, pane: 1h }\n`,
      rule: `${change(`cell-${i}`)}  on: cdr\n  when: 'calls_${i} >= 4'\n  once: 24h\n`,
    }),
    event: (event, pick) =>
      event.type === 'cdr' ? { ...event, value: { ...event.value, cell_id: `cell-${pick}` } } : event,
  },
  {
    name: 'sequence',
    says: 'a sequence by app: one app, then the next one, within an hour',
    concerns: 'one rule, or two, whatever their number',
    rule: (i, rules) => ({
      rule: `${change(`sequence-${i}`)}  pattern:\n    - first: { on: app-usage, where: 'app == "app-${i}"' }\n    - then: { on: app-usage, where: 'app == "app-${(i + 1) % rules}"' }\n  within: 1h\n  once: 24h\n`,
    }),
    event: ofApp,
  },
  {
    name: 'event',
    says: 'a condition on the event\'s own app: `when: event.app == "…"`',
    concerns: 'one rule, whatever their number',
    rule: (i) => ({
      rule: `${change(`event-${i}`)}  on: app-usage\n  when: 'event.app == "app-${i}" && event.duration_s >= 1790'\n  once: 24h\n`,
    }),
    event: ofApp,
  },
  {
    name: 'shared',
    says: 'thresholds on one factor, which each event changes',
    concerns: 'those beyond whose line the value is',
    rule: (i) => ({
      ...(i === 0 && { factor: megabytes }),
      rule: `${change(`shared-${i}`)}  on: app-usage\n  when: 'mb >= ${2_000 + 50 * i}'\n  once: 24h\n`,
    }),
    event: ofApp,
  },
  {
    name: 'crossing',
    says: 'crossings on one factor, which each event changes: `becomes: mb >= …`',
    concerns: 'those whose line the value crosses',
    rule: (i) => ({
      ...(i === 0 && { factor: megabytes }),
      rule: `${change(`crossing-${i}`)}  on: app-usage\n  becomes: 'mb >= ${2_000 + 50 * i}'\n  once: 24h\n`,
    }),
    event: ofApp,
  },
]

export interface CatalogueText {
  readonly path: string
  readonly text: string
}

/** Of a size as people would write them: one of thousands is refused. */
const entriesPerFile = 500

function inFiles(folder: string, entries: readonly string[]): CatalogueText[] {
  const count = Math.ceil(entries.length / entriesPerFile)
  return Array.from({ length: count }, (_, i) => ({
    path: `${folder}/${i}.yaml`,
    text: entries.slice(i * entriesPerFile, (i + 1) * entriesPerFile).join('\n'),
  }))
}

/** The files of a catalogue of so many rules of a shape. */
export function filesOf(shape: Shape, rules: number): readonly CatalogueText[] {
  const made = Array.from({ length: rules }, (_, i) => shape.rule(i, rules))
  const factors = made.flatMap(({ factor }) => factor ?? [])
  return [
    {
      path: 'policy.yaml',
      text: 'default_time_zone: Asia/Shanghai\ndefault_language: en\nquiet_hours: []\ncaps: []\ngaps: {}\n',
    },
    ...inFiles('factors', factors),
    ...inFiles(
      'rules',
      made.map(({ rule }) => rule),
    ),
  ]
}

/** KM-1's calls and app sessions with the fields that the shape's rules ask for: each concerns one of `rules`, evenly. */
export function* eventsOf(shape: Shape, rules: number, events: number): Generator<Km1Event> {
  let i = 0
  for (const event of km1Stream(events)) {
    if (event.type !== 'cdr' && event.type !== 'app-usage') continue
    // Steps through the rules without an order that caches would like.
    yield shape.event(event, (i++ * 7919) % rules)
  }
}
