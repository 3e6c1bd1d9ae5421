import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { must } from '../../../deploy/local/command.ts'
import { readSettings } from '../../../deploy/local/settings.ts'
import { startChild } from '../../support/child-process.ts'
import { freePort } from '../../support/free-port.ts'
import { waitFor } from '../../support/wait-for.ts'
import { needPushy } from './need-pushy.ts'

/** A notification, as ApnsServer.java read it. */
export interface ApnsNotification {
  /** accepted; held: taken without an answer or with a 5xx; else why it was rejected, as APNs names it in capitals. */
  readonly result: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: { readonly aps: { readonly alert: { readonly title?: string; readonly body: string } } } & Readonly<
    Record<string, unknown>
  >
}

type Mode = 'accept' | 'refuse' | 'throttle' | 'hold' | 'drop' | 'fail' | 'renew-less'

export interface ApnsServer {
  /** For push.apns.url. */
  readonly url: string
  /** Of the server, which it signed itself. PEM. */
  readonly ca: string
  /** For push.apns.key. */
  readonly key: string
  readonly keyId: string
  readonly teamId: string
  readonly topic: string
  notifications(): readonly ApnsNotification[]
  /** From now on; drop: takes the next, and ends all connections instead of answering. Resolves once it holds. */
  set(mode: Mode): Promise<void>
  /** The app was removed from the device. Milliseconds since 1970. */
  unregister(token: string, since: number): Promise<void>
  /** Ends all connections. */
  hangUp(): void
  /** Writes what is no TLS to all who are connected. */
  garbage(): void
  stop(): Promise<void>
}

/** The token of the nth device, 0 to 9,999. */
export const deviceToken = (n: number): string => n.toString(16).padStart(64, '0')

/** For what is to be taken in drop mode. */
const patience = { deadlineMs: 60_000 }

const keyId = 'KEY1234567'
const teamId = 'TEAM123456'
const topic = 'com.example.telecom'

/** Runs pushy's mock of APNs (Java), and before it a proxy by which connections are lost; `folder`: for its keys. */
export async function runApnsServer(folder: string): Promise<ApnsServer> {
  const jars = await needPushy(readSettings().cacheFolder, () => undefined)
  const file = (name: string) => join(folder, name)
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  writeFileSync(file('signing.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const made = ['-keyout', file('server.key'), '-out', file('server.pem'), '-days', '30']
  await must('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...made, ...names])

  const port = await freePort()
  const source = join(import.meta.dirname, 'ApnsServer.java')
  const served = [String(port), file('server.pem'), file('server.key'), file('signing.pub'), teamId, keyId, topic]
  const java = ['-Xmx192m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', join(jars, '*')]
  const child = await startChild('java', [...java, source, ...served])
  await child.waitForLine(/"ready"/, 120_000)

  const sockets = new Set<Socket>()
  const proxy = createServer((socket) => {
    const inner = connect(port, '127.0.0.1')
    sockets.add(socket)
    for (const [one, other] of [
      [socket, inner],
      [inner, socket],
    ] as const) {
      one.on('error', () => undefined)
      one.on('close', () => other.destroy())
      one.pipe(other)
    }
    socket.on('close', () => sockets.delete(socket))
  })
  const open = await freePort()
  await new Promise<void>((resolve) => proxy.listen(open, '127.0.0.1', resolve))

  const lines = () =>
    child
      .stdout()
      .split('\n')
      .slice(0, -1)
      .map((line): Record<string, unknown> => JSON.parse(line))
  let told = 0
  const held = () => lines().filter(({ result }) => result === 'held').length
  const hangUp = () => {
    for (const socket of sockets) socket.destroy()
  }
  async function tell(line: string): Promise<void> {
    told++
    const count = told
    child.write(`${line}\n`)
    await waitFor('the server to hear', () => lines().filter(({ heard }) => heard !== undefined).length >= count)
  }
  return {
    url: `https://localhost:${open}`,
    ca: readFileSync(file('server.pem'), 'utf8'),
    key,
    keyId,
    teamId,
    topic,
    notifications: () => lines().filter(({ result }) => result !== undefined) as unknown as ApnsNotification[],
    async set(mode) {
      const before = held()
      await tell(mode === 'drop' ? 'hold' : mode)
      if (mode === 'drop') void waitFor('what it takes', () => held() > before, patience).then(hangUp, () => undefined)
    },
    unregister: (token, since) => tell(`gone ${token} ${since}`),
    hangUp,
    garbage() {
      for (const socket of sockets) socket.write('\u0000\u0001 this is no TLS\r\n\r\n')
    },
    async stop() {
      hangUp()
      await new Promise((resolve) => proxy.close(resolve))
      await child.kill('SIGKILL')
    },
  }
}
