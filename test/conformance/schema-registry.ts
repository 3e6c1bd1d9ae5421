import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodec } from '../../services/records/create-codec.ts'
import { compileProjection } from '../../services/records/projection.ts'
import type { SchemaRegistry } from '../../services/records/registry.ts'
import { readSchema } from '../../services/records/schemas.ts'

/** What an adapter gives to the suite of the SchemaRegistry port. */
export interface SchemaRegistryFixture {
  /** A client of the same registry, as a process that was started anew has it. */
  connect(): Promise<SchemaRegistry>
  close(): Promise<void>
}

/** A record with the given fields; its name makes it a schema that nobody else registers. */
const record = (name: string, ...fields: readonly object[]) => ({
  type: 'record',
  name,
  namespace: 'keymoment',
  fields,
})

/** Declares the tests of the SchemaRegistry port for one adapter. */
export function schemaRegistryConformance(name: string, createFixture: () => Promise<SchemaRegistryFixture>): void {
  describe(`schema registry: ${name}`, { timeout: 60_000 }, () => {
    let fixture: SchemaRegistryFixture
    let registry: SchemaRegistry
    beforeAll(async () => {
      fixture = await createFixture()
      registry = await fixture.connect()
    }, 60_000)
    afterAll(async () => {
      await registry?.close()
      await fixture?.close()
    })
    const subject = () => `test-${randomUUID()}-value`
    const uniqueName = () => `Test${randomUUID().replaceAll('-', '')}`
    const amount = { name: 'amount', type: 'long' }

    it('gives the same id for the same schema, also after a restart', async () => {
      const [topic, schema] = [subject(), record(uniqueName(), amount)]
      const id = await registry.register(topic, schema)
      expect(id).toBeGreaterThan(0)
      expect(await registry.register(topic, schema)).toBe(id)
      const restarted = await fixture.connect()
      expect(await restarted.register(topic, schema)).toBe(id)
      expect(await restarted.schema(id)).toMatchObject({ type: 'record', fields: [amount] })
      await restarted.close()
    })

    it('gives a schema one id under two subjects', async () => {
      const schema = record(uniqueName(), amount)
      expect(await registry.register(subject(), schema)).toBe(await registry.register(subject(), schema))
    })

    it('has no schema for an id that it never gave', async () => {
      expect(await registry.schema(2_000_000_001)).toBeUndefined()
    })

    it.each([
      ['a new field with a default', { name: 'method', type: ['null', 'string'], default: null }, 'taken'],
      ['a new field without default', { name: 'method', type: 'string' }, 'KM_SCHEMA_INCOMPATIBLE'],
    ])('judges a next version with %s', async (_what, field, verdict) => {
      const [topic, schemaName] = [subject(), uniqueName()]
      const first = await registry.register(topic, record(schemaName, amount))
      const second = registry.register(topic, record(schemaName, amount, field))
      if (verdict === 'taken') {
        const id = await second
        expect(id).not.toBe(first)
        expect(await registry.schema(first)).toMatchObject({ fields: [amount] })
        expect(await registry.schema(id)).toMatchObject({ fields: [amount, { name: 'method' }] })
      } else await expect(second).rejects.toMatchObject({ code: verdict, canRetry: false })
    })

    it('still knows an older version, so that an older release can go on beside a newer', async () => {
      const [topic, schemaName] = [subject(), uniqueName()]
      const older = record(schemaName, amount)
      const id = await registry.register(topic, older)
      await registry.register(topic, record(schemaName, amount, { name: 'note', type: 'string', default: '' }))
      expect(await registry.register(topic, older)).toBe(id)
    })

    it('keeps the schemas of this release whole enough to read what they wrote', async () => {
      const codec = await createCodec(registry)
      const id = await registry.register('km.events.profile-value', readSchema('profile'))
      expect(codec.isLearnt(id)).toBe(true)
      const restarted = await fixture.connect()
      const written = await restarted.schema(id)
      expect(written).toMatchObject({ fields: readSchema('profile').fields.map(({ name }) => ({ name })) })
      expect(() =>
        compileProjection(written ?? {}, readSchema('profile'), new Map(), new Float64Array(0)),
      ).not.toThrow()
      await restarted.close()
    })
  })
}
