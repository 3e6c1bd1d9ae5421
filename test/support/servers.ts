/**
 * The real servers that integration tests run against. `npm test` brings them up on ports of its own; for single runs
 * `npm run test:servers` keeps them up and prints the variables to set. A test takes topic names, key prefixes and
 * group ids of its own: the servers are shared by all tests of a run.
 */
const variables = {
  kafkaBrokers: 'KEYMOMENT_TEST_KAFKA_BROKERS',
  redisUrl: 'KEYMOMENT_TEST_REDIS_URL',
  redisClusterUrl: 'KEYMOMENT_TEST_REDIS_CLUSTER_URL',
  schemaRegistryUrl: 'KEYMOMENT_TEST_REGISTRY_URL',
} as const

function required(variable: string): string {
  const value = process.env[variable]
  if (value === undefined || value === '') {
    throw new Error(`${variable} is not set: run npm test, or npm run test:servers and the export lines that it prints`)
  }
  return value
}

/** Read when used, so that a test file which needs Redis only runs without Kafka. @throws Error when unset */
export const servers = {
  /** `host:port` each. */
  get kafkaBrokers(): string[] {
    return required(variables.kafkaBrokers).split(',')
  },
  /** A single Redis: `redis://127.0.0.1:port`. */
  get redisUrl(): string {
    return required(variables.redisUrl)
  },
  /** One node of a Redis Cluster of three masters: `redis://127.0.0.1:port`; the others are found through it. */
  get redisClusterUrl(): string {
    return required(variables.redisClusterUrl)
  },
  /** The Confluent-compatible API: the `host` of a registry client. */
  get schemaRegistryUrl(): string {
    return required(variables.schemaRegistryUrl)
  },
}

/** A Python with pjsua2, for calls. @throws Error when unset */
export const pythonWithCalls = (): string => required('KEYMOMENT_TEST_PYTHON')

/** The folder with the jars of jSMPP and its simulator. @throws Error when unset */
export const jarsOfJsmpp = (): string => required('KEYMOMENT_TEST_JSMPP')

/** A Python with confluent-kafka and fastavro, for clients which aren't ours. @throws Error when unset */
export const pythonWithKafka = (): string => required('KEYMOMENT_TEST_PYTHON')
