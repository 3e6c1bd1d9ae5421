import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { pythonWithKafka, servers } from '../support/servers.ts'

const run = promisify(execFile)
const topic = `servers-${process.pid}-${Date.now()}`

const produce = `
import sys
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
brokers, topic = sys.argv[1:]
admin = AdminClient({'bootstrap.servers': brokers})
admin.create_topics([NewTopic(topic, 4, 1)])[topic].result(20)
producer = Producer({'bootstrap.servers': brokers, 'partitioner': 'murmur2_random'})
for number in range(20):
    producer.produce(topic, key=f'subscriber-{number}', value=f'event {number}')
assert producer.flush(20) == 0
`

test('Kafka takes records from one foreign client and gives them to another', async () => {
  const brokers = servers.kafkaBrokers.join()
  await run(pythonWithKafka(), ['-c', produce, brokers, topic])
  const { stdout } = await run('kcat', [
    '-b',
    brokers,
    '-C',
    '-t',
    topic,
    '-o',
    'beginning',
    '-e',
    '-q',
    '-f',
    '%k=%s\n',
  ])
  const expected = Array.from({ length: 20 }, (_, number) => `subscriber-${number}=event ${number}`)
  expect(stdout.trim().split('\n').toSorted()).toEqual(expected.toSorted())
})

test('Redis keeps what it is told: an append-only file, no eviction', async () => {
  const { stdout } = await run('redis-cli', ['-u', servers.redisUrl, 'CONFIG', 'GET', 'appendonly', 'maxmemory-policy'])
  expect(stdout.split('\n').slice(0, 4).toSorted()).toEqual(['appendonly', 'maxmemory-policy', 'noeviction', 'yes'])
})

test('the Redis Cluster serves all slots by three masters', async () => {
  const { stdout } = await run('redis-cli', ['-u', servers.redisClusterUrl, 'CLUSTER', 'INFO'])
  expect(stdout).toMatch(/cluster_state:ok/)
  expect(stdout).toMatch(/cluster_slots_ok:16384/)
  expect(stdout).toMatch(/cluster_size:3/)
})

test('the schema registry refuses a schema which breaks its readers', async () => {
  const register = async (fields: object[]) => {
    const schema = JSON.stringify({ type: 'record', name: 'Example', fields })
    const response = await fetch(`${servers.schemaRegistryUrl}/subjects/${topic}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ schema }),
    })
    return response.status
  }
  const first = { name: 'first', type: 'string' }
  expect(await register([first])).toBe(200)
  expect(await register([first, { name: 'second', type: 'int' }])).toBe(409)
  expect(await register([first, { name: 'second', type: 'int', default: 0 }])).toBe(200)
})
