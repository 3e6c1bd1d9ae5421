import { join } from 'node:path'

const here = import.meta.dirname

/** Where the local servers listen, keep their files and how much memory they may take. Everything is on 127.0.0.1. */
export interface LocalSettings {
  /** Data, logs and pid files. */
  readonly runFolder: string
  /** Downloads: kept by `down --wipe`. */
  readonly cacheFolder: string
  readonly kafkaPort: number
  readonly kafkaControllerPort: number
  readonly kafkaHeapMb: number
  readonly redisPort: number
  /** The three masters of the Redis Cluster, and the ports of their bus. */
  readonly redisClusterPorts: readonly number[]
  readonly redisClusterBusPorts: readonly number[]
  readonly registryPort: number
  readonly registryHeapMb: number
  /** `auto` takes Docker when its engine answers. */
  readonly docker: 'auto' | 'never'
}

interface Setting {
  readonly name: string
  readonly default: string
  readonly doc: string
}

/** Every setting; the table in deploy/local/README.md is checked against it. */
export const settingsTable = [
  { name: 'KEYMOMENT_LOCAL_RUN_DIR', default: join(here, '.run'), doc: 'data, logs and pid files' },
  { name: 'KEYMOMENT_LOCAL_CACHE_DIR', default: join(here, '.cache'), doc: 'downloads, kept by --wipe' },
  { name: 'KEYMOMENT_LOCAL_KAFKA_PORT', default: '19092', doc: 'Kafka' },
  { name: 'KEYMOMENT_LOCAL_KAFKA_CONTROLLER_PORT', default: '19093', doc: "Kafka's controller" },
  { name: 'KEYMOMENT_LOCAL_KAFKA_HEAP_MB', default: '1024', doc: "Kafka's heap" },
  { name: 'KEYMOMENT_LOCAL_REDIS_PORT', default: '16379', doc: 'Redis' },
  { name: 'KEYMOMENT_LOCAL_REDIS_CLUSTER_PORTS', default: '17000,17001,17002', doc: 'Redis Cluster (--cluster)' },
  { name: 'KEYMOMENT_LOCAL_REDIS_CLUSTER_BUS_PORTS', default: '27000,27001,27002', doc: "the cluster's bus" },
  { name: 'KEYMOMENT_LOCAL_REGISTRY_PORT', default: '18081', doc: 'the schema registry' },
  { name: 'KEYMOMENT_LOCAL_REGISTRY_HEAP_MB', default: '384', doc: "the schema registry's heap" },
  { name: 'KEYMOMENT_LOCAL_DOCKER', default: 'auto', doc: 'auto: Docker when its engine answers; never: processes' },
] as const satisfies readonly Setting[]

type SettingName = (typeof settingsTable)[number]['name']

/** @throws Error which names the variable, for a value that cannot be used or a KEYMOMENT_LOCAL_ name nobody reads */
export function readSettings(env: NodeJS.ProcessEnv = process.env): LocalSettings {
  const known = new Set<string>(settingsTable.map(({ name }) => name))
  for (const name of Object.keys(env)) {
    if (name.startsWith('KEYMOMENT_LOCAL_') && !known.has(name)) {
      throw new Error(`${name} is no setting; the settings are ${[...known].join(', ')}`)
    }
  }
  const text = (name: SettingName): string => {
    const given = env[name]
    if (given !== undefined && given !== '') return given
    return settingsTable.find((setting) => setting.name === name)?.default ?? ''
  }
  const integer = (name: SettingName, value: string, least: number, most: number): number => {
    const number = Number(value)
    if (Number.isInteger(number) && number >= least && number <= most) return number
    throw new Error(`${name} is '${value}'; it must be a whole number from ${least} to ${most}`)
  }
  const port = (name: SettingName) => integer(name, text(name), 1, 65_535)
  const megabytes = (name: SettingName) => integer(name, text(name), 64, 65_536)
  const threePorts = (name: SettingName) => {
    const ports = text(name).split(',')
    if (ports.length !== 3) throw new Error(`${name} is '${text(name)}'; it must be three ports with commas between`)
    return ports.map((one) => integer(name, one, 1, 65_535))
  }
  const docker = text('KEYMOMENT_LOCAL_DOCKER')
  if (docker !== 'auto' && docker !== 'never') throw new Error(`KEYMOMENT_LOCAL_DOCKER is '${docker}': auto or never`)
  return {
    runFolder: text('KEYMOMENT_LOCAL_RUN_DIR'),
    cacheFolder: text('KEYMOMENT_LOCAL_CACHE_DIR'),
    kafkaPort: port('KEYMOMENT_LOCAL_KAFKA_PORT'),
    kafkaControllerPort: port('KEYMOMENT_LOCAL_KAFKA_CONTROLLER_PORT'),
    kafkaHeapMb: megabytes('KEYMOMENT_LOCAL_KAFKA_HEAP_MB'),
    redisPort: port('KEYMOMENT_LOCAL_REDIS_PORT'),
    redisClusterPorts: threePorts('KEYMOMENT_LOCAL_REDIS_CLUSTER_PORTS'),
    redisClusterBusPorts: threePorts('KEYMOMENT_LOCAL_REDIS_CLUSTER_BUS_PORTS'),
    registryPort: port('KEYMOMENT_LOCAL_REGISTRY_PORT'),
    registryHeapMb: megabytes('KEYMOMENT_LOCAL_REGISTRY_HEAP_MB'),
    docker,
  }
}
