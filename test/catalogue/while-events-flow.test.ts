import { setTimeout as pause } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { type ReadEvent, readEvent } from '../../services/records/jsonl.ts'
import { generateLane } from '../../services/rules/engine/generate-lane.ts'
import { loadCatalogue } from '../../services/rules/load.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { simulate } from '../../services/simulate/simulate.ts'
import { topics } from '../../services/topology.ts'
import { startEngine } from '../integration/bad-input/engine.ts'
import { type EventJson, lines, longCall } from '../integration/bad-input/events.ts'
import { contentOf, threshold } from './contents.ts'
import { catalogueOf } from './over-http.ts'

// The real ones, and how often this thread called them.
vi.mock('../../services/rules/load.ts', { spy: true })
vi.mock('../../services/rules/engine/generate-lane.ts', { spy: true })

const compiled = () => vi.mocked(generateLane).mock.calls.length

test('a version is checked in another thread and compiled before its time; moments are as if nothing took any time', async () => {
  const engine = await startEngine({ settings: { KEYMOMENT_CATALOGUE_LEAD_MS: '1500' } })
  await engine.ready(30_000)
  const [before, after] = [contentOf(), contentOf(threshold(60))]
  vi.mocked(loadCatalogue).mockClear()

  const sent: EventJson[] = []
  let isOver = false
  /** Calls of 100 seconds: only the new version tells of them. */
  async function flow(): Promise<void> {
    while (!isOver) {
      const id = `call-${sent.length}`
      const call = longCall(id, `s-${sent.length % 7}`, Date.now(), { duration_s: 100 })
      await engine.post(lines([call]))
      sent.push(call)
    }
  }
  const flowing = flow()
  const atFirst = compiled()
  const { body } = await catalogueOf(engine.url).publish(after.files as { path: string; text: string }[])
  expect(body).toMatchObject({ number: 2, everywhere: true })
  const ahead = compiled()
  expect(ahead).toBeGreaterThan(atFirst)
  const activatesAt = body.activates_at ?? 0
  await pause(activatesAt + 300 - Date.now())
  isOver = true
  await flowing
  const ids = await engine.momentIds(
    topics.moments,
    sent.filter(({ event_time }) => Date.parse(event_time) >= activatesAt).length,
  )
  // Neither in front of the change nor at it.
  expect(vi.mocked(loadCatalogue)).not.toHaveBeenCalled()
  expect(compiled()).toBe(ahead)

  const simulated = await simulate({
    catalogue: before.catalogue,
    later: [{ activatesAt, catalogue: after.catalogue }],
    settings: await loadSettings(undefined, {}),
    events: eventsOf(sent),
  })
  const expected = simulated.moments.map(({ moment_id }) => moment_id).toSorted()
  expect(expected.length).toBeGreaterThan(0)
  expect(expected.length).toBeLessThan(sent.length)
  expect(ids).toEqual(expected)
  expect(engine.log().filter(({ level }) => level === 'error')).toEqual([])
  await engine.stop()
})

async function* eventsOf(sent: readonly EventJson[]): AsyncGenerator<readonly ReadEvent[]> {
  yield sent.map((one) => {
    const reading = readEvent(one)
    if (reading.kind === 'problems') throw new Error(JSON.stringify(reading.problems))
    return reading.event
  })
}
