import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { resolve, typeOf, writerType } from '../../services/records/avro.ts'
import { readSchema } from '../../services/records/schemas.ts'
import { allTopics, type SchemaName } from '../../services/topology.ts'

const folder = join(import.meta.dirname, '../../schemas')
const inUse = [...new Set<SchemaName>(allTopics.map((topic) => topic.schema))].sort()

/** Released versions of a schema, oldest first: `schemas/released/<name>/<n>.avsc`. */
function released(name: string): object[] {
  const files = readdirSync(join(folder, 'released', name))
  return files.map((_, i) => JSON.parse(readFileSync(join(folder, 'released', name, `${i + 1}.avsc`), 'utf8')))
}

test('every schema is of a topic, and every topic has its schema', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.avsc'))
  expect(files.map((file) => file.slice(0, -'.avsc'.length)).sort()).toEqual(inUse)
  expect(readdirSync(join(folder, 'released')).sort()).toEqual(inUse)
})

describe.each(inUse)('%s', (name) => {
  test('begins with an id, the subscriber and a time, by which it is merged', () => {
    const [id, subscriber, time] = readSchema(name).fields
    expect(id?.type).toBe('string')
    expect(subscriber).toMatchObject({ name: 'subscriber_id', type: 'string' })
    expect(time?.type).toEqual({ type: 'long', logicalType: 'timestamp-millis' })
  })

  test('reads every released version', () => {
    const reader = typeOf(readSchema(name))
    for (const [i, writer] of released(name).entries()) {
      expect(() => resolve(reader, writerType(writer)), `version ${i + 1}`).not.toThrow()
    }
  })

  test('is released as it stands', () => {
    const versions = released(name)
    const advice = `a changed schema is a new version: cp schemas/${name}.avsc schemas/released/${name}/${versions.length + 1}.avsc`
    expect(readSchema(name), advice).toEqual(versions.at(-1))
  })
})

test('the types are those that the schemas give: npm run generate changes nothing', () => {
  const generated = execFileSync(process.execPath, [join(folder, 'generate-types.ts'), '--print'], { encoding: 'utf8' })
  expect(readFileSync(join(import.meta.dirname, '../../services/records/types.ts'), 'utf8')).toBe(generated)
})
