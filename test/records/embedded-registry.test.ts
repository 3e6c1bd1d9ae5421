import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createEmbeddedRegistry } from '../../services/records/embedded-registry.ts'
import { schemaRegistryConformance } from '../conformance/schema-registry.ts'

schemaRegistryConformance('embedded', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keymoment-registry-'))
  return {
    connect: async () => createEmbeddedRegistry(join(folder, 'registry.sqlite')),
    close: async () => rmSync(folder, { recursive: true, force: true }),
  }
})

test('counts ids from 1', async () => {
  const registry = createEmbeddedRegistry(':memory:')
  expect(await registry.register('a', { type: 'record', name: 'A', fields: [] })).toBe(1)
  expect(await registry.register('b', { type: 'record', name: 'B', fields: [] })).toBe(2)
  expect(await registry.register('a', { type: 'record', name: 'A', fields: [] })).toBe(1)
  await registry.close()
})
