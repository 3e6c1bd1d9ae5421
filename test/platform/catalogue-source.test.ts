import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { shippedCatalogue, watchedCatalogue } from '../../services/platform/catalogue-source.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

test('a service that fails over a new catalogue ends neither the others’ change nor the process', async () => {
  const dir = join(temporaryFolder(), 'catalogue')
  await cp(shippedCatalogue, dir, { recursive: true })
  const lines: string[] = []
  const logger = createLogger('error', { write: (line) => void lines.push(line) })
  const source = await watchedCatalogue(dir, { logger, metrics: createMetrics() })
  const before = source.current.version
  const heard: string[] = []
  source.subscribe(() => {
    throw new Error('a defect')
  })
  source.subscribe(({ version }) => heard.push(version))
  const policy = join(dir, 'policy.yaml')
  await writeFile(policy, (await readFile(policy, 'utf8')).replace(/most: \d+/, 'most: 99'))
  await waitFor('the new catalogue', () => heard.length === 1)
  expect(heard).toEqual([source.current.version])
  expect(source.current.version).not.toBe(before)
  expect(lines.join('')).toContain('a defect')
  await source.close()
})
