import { beforeAll, expect, test } from 'vitest'
import { dayMs, timeZone } from '../../services/domain/time-zones.ts'
import type { ReadEvent } from '../../services/records/jsonl.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { readExamples } from '../../services/timelines/examples.ts'
import { createTimelineRunner, type RunTimeline } from '../../services/timelines/run-timeline.ts'
import type { Timeline, TimelineStep } from '../../services/timelines/timeline.ts'
import { shippedFiles } from './catalogue-files.ts'

const files = shippedFiles()
const catalogue = loadCatalogue(files).catalogue
const examples = catalogue ? readExamples(files, catalogue, []) : []
let run: RunTimeline

beforeAll(async () => {
  run = await createTimelineRunner()
}, 60_000)

/** Longer than most `once`, so that a rule which fires again and again shows. */
const nightsAfter = 100

type EventStep = Extract<TimelineStep, { readonly kind: 'event' }>
const isProfile = (step: TimelineStep): step is EventStep => step.kind === 'event' && step.event.type === 'profile'

/** Goes on after its end, so that what was armed anew has its time. */
function prolonged(timeline: Timeline): Timeline {
  const end = timeline.end + nightsAfter * dayMs
  return { ...timeline, steps: [...timeline.steps, { kind: 'wait', clock: end, location: timeline.location }], end }
}

/** The same, and every night at two the CRM sends all that it knows of each subscriber. */
function withNightlyProfiles(timeline: Timeline): Timeline {
  const zone = timeZone(timeline.zone)
  const nights: TimelineStep[] = []
  const profiles = timeline.steps.filter(isProfile)
  for (const subscriber of new Set(profiles.map(({ event }) => event.record.subscriber_id))) {
    const own = profiles.filter(({ event }) => event.record.subscriber_id === subscriber)
    const first = Math.min(...own.map(({ clock }) => clock))
    for (let day = zone.civilDay(first) + 1; ; day++) {
      const clock = zone.startOf('day', day) + 2 * 3_600_000
      if (clock > timeline.end) break
      const known = own
        .filter(({ event, clock: came }) => event.record.event_time <= clock && came <= clock)
        .sort((a, b) => a.event.record.event_time - b.event.record.event_time)
        .flatMap(({ event }) =>
          Object.entries(event.record).filter(([, value]) => value !== null && value !== undefined),
        )
      const record = {
        ...Object.fromEntries(known),
        event_id: `night-${subscriber}-${day}`,
        event_time: clock,
        source: 'crm',
      }
      const event = { type: 'profile', record } as unknown as ReadEvent
      nights.push({ kind: 'event', clock, location: timeline.location, event, fate: { kind: 'taken' } })
    }
  }
  const steps = [...timeline.steps, ...nights].sort((a, b) => a.clock - b.clock)
  return { ...timeline, steps }
}

const ruleOf = (moment: string) => moment.split(' ')[0]

const momentsOf = (timeline: Timeline): string[] =>
  run(timeline)
    .moments.map(({ rule, at, moment_id }) => `${rule} ${new Date(at).toISOString()} ${moment_id}`)
    .sort()

test('a profile that is sent again every night changes no moment of the shipped catalogue', {
  timeout: 300_000,
}, () => {
  const withProfiles = examples.filter(({ steps }) => steps.some(isProfile))
  expect(withProfiles.length).toBeGreaterThan(100)
  const differing = withProfiles.flatMap((example) => {
    const alone = momentsOf(prolonged(example))
    const nightly = momentsOf(withNightlyProfiles(prolonged(example)))
    const added = nightly.filter((moment) => !alone.includes(moment)).map(ruleOf)
    const gone = alone.filter((moment) => !nightly.includes(moment)).map(ruleOf)
    return added.length + gone.length === 0
      ? []
      : [`${example.title}: added ${[...new Set(added)]}, gone ${[...new Set(gone)]}`]
  })
  expect(differing).toEqual([])
})
