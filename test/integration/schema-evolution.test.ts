import avsc from 'avsc'
import { expect, test } from 'vitest'
import { type FieldSchema, type RecordSchema, readSchema } from '../../services/records/schemas.ts'
import { readTopic } from '../../services/simulate/read-topic.ts'
import { topics } from '../../services/topology.ts'
import { servers } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { catalogueFolder } from './bad-input/small-catalogue.ts'
import { createSystem, type System } from './system.ts'

const deadlineMs = 60_000
const { recharge } = topics.events
const released = readSchema('recharge')
const withFields = (change: (fields: readonly FieldSchema[]) => readonly FieldSchema[]): RecordSchema => ({
  ...released,
  fields: change(released.fields),
})

/** As another team may have them: a field more, and in another order; a field less. */
const newer = withFields((fields) => [{ name: 'shop', type: 'string', default: '' }, ...fields.toReversed()])
const older = withFields((fields) => fields.filter(({ name }) => name !== 'balance_after'))
/** What nobody can read as a recharge. */
const withoutAmount = withFields((fields) => fields.filter(({ name }) => name !== 'amount'))
const textAmount = withFields((fields) =>
  fields.map((field) => (field.name === 'amount' ? { ...field, type: 'string' } : field)),
)

/** Registers a schema as any producer does; the registry's status, and the id that it gave. */
async function register(subject: string, schema: object): Promise<{ status: number; id: number }> {
  const response = await fetch(`${servers.schemaRegistryUrl}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify(schema) }),
  })
  const { id } = (await response.json()) as { id?: number }
  return { status: response.status, id: id ?? -1 }
}

/** Another program's producer: by avsc alone, under the id that the registry gave it. */
const producer = (system: System, schema: object, schemaId: number) => {
  const type = avsc.Type.forSchema(schema as avsc.Schema)
  return async (id: string, fields: object = {}): Promise<void> => {
    const head = { event_id: id, subscriber_id: `s-${id}`, event_time: Date.now(), source: 'shop' }
    const header = Buffer.alloc(5)
    header.writeUInt32BE(schemaId, 1)
    const body = type.toBuffer({ ...head, amount: 5_000, currency: 'EUR', method: 'app', ...fields })
    await system.log.append([{ topic: recharge.name, key: `s-${id}`, value: Buffer.concat([header, body]) }])
  }
}

test('producers with newer and older schemas beside a running worker: all are read; what nobody can read is refused or a dead letter', {
  timeout: 180_000,
}, async () => {
  const system = await createSystem({ catalogue: { dir: await catalogueFolder(), watch: false } })
  const subject = `${recharge.name}-value`
  const present = await register(subject, released)
  await system.start('detect')
  const told = async () => (await system.moments()).map(({ subscriber_id }) => subscriber_id).sort()
  const see = (...ids: string[]) =>
    waitFor(`moments of ${ids.join()}`, async () => (await told()).join() === ids.map((id) => `s-${id}`).join(), {
      deadlineMs,
      everyMs: 250,
    })

  const usual = producer(system, released, present.id)
  await usual('a')
  await see('a')

  // The worker has been at work for a while when schemas come that it has never seen.
  const newest = await register(subject, newer)
  expect(newest.status).toBe(200)
  await producer(system, newer, newest.id)('b', { shop: 'Harbour Street', balance_after: 7_000 })
  const oldest = await register(subject, older)
  expect(oldest.status).toBe(200)
  await producer(system, older, oldest.id)('c')
  await usual('d')
  await see('a', 'b', 'c', 'd')

  // Refused where it belongs, before any record is written.
  expect(
    (
      await register(
        subject,
        withFields((fields) => [...fields, { name: 'must', type: 'int' }]),
      )
    ).status,
  ).toBe(409)
  expect((await register(subject, textAmount)).status).toBe(409)

  // Whoever goes round the registry's rule, under a subject of his own or with no schema at all.
  const own = `${system.prefix}private-value`
  const poor = await register(own, withoutAmount)
  const text = await register(`${own}-2`, textAmount)
  await producer(system, withoutAmount, poor.id)('e')
  await producer(system, textAmount, text.id)('f', { amount: 'five thousand' })
  await producer(system, released, 2_000_000_000)('g')
  await usual('h')
  await see('a', 'b', 'c', 'd', 'h')

  const letters = async () => readTopic(system.log, system.codec, topics.deadLetters)
  await waitFor('three dead letters', async () => (await letters()).length >= 3, { deadlineMs, everyMs: 250 })
  const found = (await letters()).map(({ subscriber_id, code, topic }) => `${subscriber_id} ${code} ${topic}`).sort()
  expect(found).toEqual([
    `s-e KM_SCHEMA_INCOMPATIBLE ${recharge.name}`,
    `s-f KM_SCHEMA_INCOMPATIBLE ${recharge.name}`,
    `s-g KM_SCHEMA_UNKNOWN ${recharge.name}`,
  ])
  expect((await letters()).every(({ value }) => value.length > 5)).toBe(true)

  // A worker of the release before would read what this one writes: it begins, with the newer schemas registered.
  await system.start('detect')
})
