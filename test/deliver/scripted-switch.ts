import { createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { freePort } from '../support/free-port.ts'

/** A switch that answers as a test says, and as no honest one does. */
export interface ScriptedSwitch {
  readonly url: string
  /** Commands in the order in which they came, with their headers. */
  commands(): readonly string[]
  /** The id of the newest call that was asked for. */
  call(): string | undefined
  event(name: string, headers?: Readonly<Record<string, string>>, body?: string): void
  /** Bytes as they are. */
  raw(bytes: string): void
  hangUp(): void
}

/** What is answered to a command; undefined: nothing. */
type Answers = (command: string) => string | undefined

const reply = (text: string) => `Content-Type: command/reply\nReply-Text: ${text}\n\n`
export const api = (text: string) => `Content-Type: api/response\nContent-Length: ${text.length}\n\n${text}`

export async function startScriptedSwitch(answers: Answers = () => reply('+OK')): Promise<ScriptedSwitch> {
  const commands: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
    socket.write('Content-Type: auth/request\n\n')
    let held = ''
    socket.on('data', (bytes) => {
      held += bytes.toString('latin1') // as many characters as bytes
      for (let end = held.indexOf('\n\n'); end >= 0; end = held.indexOf('\n\n')) {
        const length = Number(/content-length: (\d+)/.exec(held.slice(0, end))?.[1] ?? 0)
        if (held.length < end + 2 + length) return
        const command = held.slice(0, end + 2 + length)
        held = held.slice(command.length)
        commands.push(Buffer.from(command, 'latin1').toString().trim())
        const isLogin = /^(auth|event|exit)/.test(command)
        const answer = isLogin ? reply('+OK accepted') : command === 'api status\n\n' ? api('UP') : answers(command)
        if (answer !== undefined) socket.write(answer)
      }
    })
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const drop = () => {
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(async () => {
    drop()
    await new Promise((resolve) => server.close(resolve))
  })
  const raw = (bytes: string) => {
    for (const socket of sockets) socket.write(bytes)
  }
  const call = () => commands.flatMap((command) => /origination_uuid=([^,}]+)/.exec(command)?.[1] ?? []).at(-1)
  return {
    url: `esl://:secret@127.0.0.1:${port}`,
    commands: () => commands,
    call,
    event(name, headers = {}, body) {
      const id = call()
      const known = id === undefined ? {} : { 'Unique-ID': id, variable_keymoment: '1' }
      const event = { 'Event-Name': name, ...known, ...headers, ...(body === undefined ? {} : { _body: body }) }
      const text = JSON.stringify(event)
      raw(`Content-Type: text/event-json\nContent-Length: ${Buffer.byteLength(text)}\n\n${text}`)
    },
    raw,
    hangUp: drop,
  }
}
