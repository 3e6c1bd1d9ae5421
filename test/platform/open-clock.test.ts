import { expect, test } from 'vitest'
import { openClock } from '../../services/platform/open-clock.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const open = async (environment: Record<string, string>) =>
  openClock(await loadSettings(undefined, { KEYMOMENT_DATA_DIR: temporaryFolder(), ...environment }))

test.each([
  [{ KEYMOMENT_CLOCK_FACTOR: '60' }, 'clock.factor needs clock.start'],
  [{ KEYMOMENT_CLOCK_START: 'tomorrow' }, "'tomorrow' is no ISO-8601 time"],
  [{ KEYMOMENT_CLOCK_START: '2026-02-29T08:00:00Z' }, "'2026-02-29T08:00:00Z' is no ISO-8601 time"],
  [{ KEYMOMENT_CLOCK_START: '2026-03-02T08:00:00' }, 'with a zone'],
])('%o is refused', async (environment, message) => {
  await expect(open(environment)).rejects.toMatchObject({
    code: 'KM_SETTINGS_INVALID',
    message: expect.stringContaining(message),
  })
})

test('a demonstration clock goes on over a restart, and never back', async () => {
  const dir = { KEYMOMENT_DATA_DIR: temporaryFolder() }
  const from = { ...dir, KEYMOMENT_CLOCK_START: '2026-03-02T08:00:00Z', KEYMOMENT_CLOCK_FACTOR: '100000' }
  const first = await open(from)
  const shown = first.clock.now()
  expect(shown).toBeGreaterThanOrEqual(Date.parse('2026-03-02T08:00:00Z'))
  await first.stop()
  const second = await open(from)
  expect(second.clock.now()).toBeGreaterThanOrEqual(shown)
  await second.stop()
})
