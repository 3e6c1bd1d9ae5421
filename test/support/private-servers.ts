import { type LocalSettings, readSettings } from '../../deploy/local/settings.ts'
import { freePorts } from './free-port.ts'

const portsOf = {
  KEYMOMENT_LOCAL_KAFKA_PORT: 1,
  KEYMOMENT_LOCAL_KAFKA_CONTROLLER_PORT: 1,
  KEYMOMENT_LOCAL_REDIS_PORT: 1,
  KEYMOMENT_LOCAL_REGISTRY_PORT: 1,
  KEYMOMENT_LOCAL_REDIS_CLUSTER_PORTS: 3,
  KEYMOMENT_LOCAL_REDIS_CLUSTER_BUS_PORTS: 3,
}

/**
 * Local servers on free ports, their files in `runFolder`, so that they never meet those of a developer or of another run. A
 * developer's heap sizes and cache hold for them too.
 *
 * @param fixed further variables of deploy/local, ahead of the developer's
 */
export async function privateSettings(runFolder: string, fixed: NodeJS.ProcessEnv = {}): Promise<LocalSettings> {
  const ports = await freePorts(Object.values(portsOf).reduce((sum, count) => sum + count, 0))
  const chosen = Object.entries(portsOf).map(([variable, count]) => [variable, ports.splice(0, count).join()])
  return readSettings({
    ...process.env,
    ...Object.fromEntries(chosen),
    ...fixed,
    KEYMOMENT_LOCAL_RUN_DIR: runFolder,
  })
}
