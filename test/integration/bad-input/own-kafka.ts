import { onTestFinished } from 'vitest'
import { kafkaServer } from '../../../deploy/local/kafka.ts'
import { isAlive, runningIn } from '../../../deploy/local/process.ts'
import { bringDown, bringUp } from '../../../deploy/local/server.ts'
import { readSettings } from '../../../deploy/local/settings.ts'
import { freePorts } from '../../support/free-port.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

export interface OwnKafka {
  /** host:port */
  readonly broker: string
  /** Starts it, with what its log holds. */
  start(): Promise<void>
  /** As a machine that loses its power. */
  killAtOnce(): Promise<void>
}

/** A Kafka for one test, which may be killed: not running at first, gone with its data when the test ends. */
export async function ownKafka(): Promise<OwnKafka> {
  const [port, controllerPort] = await freePorts(2)
  const server = kafkaServer(
    readSettings({
      ...process.env,
      KEYMOMENT_LOCAL_RUN_DIR: temporaryFolder(),
      KEYMOMENT_LOCAL_KAFKA_PORT: String(port),
      KEYMOMENT_LOCAL_KAFKA_CONTROLLER_PORT: String(controllerPort),
      KEYMOMENT_LOCAL_KAFKA_HEAP_MB: '384',
    }),
  )
  const quiet = () => undefined
  onTestFinished(() => bringDown(server, quiet, true), 30_000)
  return {
    broker: server.address,
    start: () => bringUp(server, quiet),
    async killAtOnce() {
      const id = await runningIn(server.folder)
      if (!id) throw new Error('Kafka is not running')
      process.kill(id.pid, 'SIGKILL')
      await waitFor('the end of Kafka', async () => !(await isAlive(id)))
    },
  }
}
