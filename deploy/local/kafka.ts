import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { must } from './command.ts'
import { mavenFolder, needMavenFolder } from './maven.ts'
import { needJava } from './packages.ts'
import type { LocalServer, Say } from './server.ts'
import type { LocalSettings } from './settings.ts'

const pom = join(import.meta.dirname, 'kafka', 'pom.xml')

/** A real Kafka in one process: broker and controller (KRaft), topics only where somebody creates them. */
export function kafkaServer(settings: LocalSettings): LocalServer {
  const { kafkaPort: port, kafkaControllerPort: controllerPort } = settings
  const folder = join(settings.runFolder, 'kafka')
  const data = join(folder, 'data')
  const properties = join(folder, 'server.properties')
  const jars = mavenFolder(settings.cacheFolder, pom, 'kafka')
  return {
    name: 'Kafka',
    address: `127.0.0.1:${port}`,
    folder,
    async prepare(say: Say) {
      await needJava(say)
      await needMavenFolder(jars, pom, 'copy-dependencies', say)
      mkdirSync(folder, { recursive: true })
      writeFileSync(properties, serverProperties(port, controllerPort, data))
      writeFileSync(join(folder, 'log4j2.yaml'), log4j2)
      if (existsSync(join(data, 'meta.properties'))) return
      const format = ['format', '--cluster-id', clusterId, '--config', properties]
      await must('java', [...quickStart, '-cp', join(jars, '*'), 'kafka.tools.StorageTool', ...format])
    },
    command: () => ({
      command: 'java',
      args: [
        `-Xmx${settings.kafkaHeapMb}m`,
        '-XX:+UseG1GC',
        `-Dlog4j2.configurationFile=${join(folder, 'log4j2.yaml')}`,
        '-cp',
        join(jars, '*'),
        'kafka.Kafka',
        properties,
      ],
    }),
    problem: () => kafkaProblem('127.0.0.1', port),
  }
}

const quickStart = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

/** Any 16 bytes in base64url do; the same ones every time make a log easy to read. */
const clusterId = 'a2V5bW9tZW50LWxvY2Fs'.padEnd(22, 'A')

const serverProperties = (port: number, controllerPort: number, data: string) => `\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=${data}
auto.create.topics.enable=false
num.partitions=4
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# A developer's events may be years old or recorded elsewhere: nothing is refused or removed for its time.
log.retention.ms=-1
log.message.timestamp.before.max.ms=9223372036854775807
log.message.timestamp.after.max.ms=9223372036854775807
group.initial.rebalance.delay.ms=0
`

const log4j2 = `\
Configuration:
  status: warn
  Appenders:
    Console: { name: out, PatternLayout: { pattern: "%d{ISO8601} %p %c{1} %m%n" } }
  Loggers:
    Root: { level: warn, AppenderRef: [{ ref: out }] }
`

/**
 * Asks for metadata (Kafka's protocol, api key 3, version 4) and wants at least one broker in the answer: a port that
 * accepts isn't a broker yet, and a broker that isn't registered can't create topics.
 */
export function kafkaProblem(host: string, port: number, patienceMs = 2_000): Promise<string | undefined> {
  const clientId = Buffer.from('keymoment-local')
  const request = Buffer.concat([
    Buffer.from([0, 3, 0, 4, 0, 0, 0, 1, 0, clientId.length]), // api key, version, correlation id, length of client id
    clientId,
    Buffer.from([0, 0, 0, 0, 0]), // no topics, don't create any
  ])
  const size = Buffer.alloc(4)
  size.writeInt32BE(request.length)
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    let answer = Buffer.alloc(0)
    const end = (problem: string | undefined) => {
      socket.destroy()
      resolve(problem)
    }
    socket.setTimeout(patienceMs, () => end(`no answer to a metadata request within ${patienceMs} ms`))
    socket.on('error', (error) => end(error.message))
    socket.on('close', () => end('closed the connection at a metadata request: not a Kafka broker?'))
    socket.on('connect', () => socket.write(Buffer.concat([size, request])))
    socket.on('data', (bytes) => {
      answer = Buffer.concat([answer, bytes])
      if (answer.length < 16) return // size, correlation id, throttle time, number of brokers
      if (answer.readInt32BE(4) !== 1) return end('answers, but not as a Kafka broker does')
      const brokers = answer.readInt32BE(12)
      end(brokers >= 1 ? undefined : 'no broker is registered yet')
    })
  })
}
