import { join } from 'node:path'
import { type Child, startChild } from '../support/child-process.ts'
import { freePort } from '../support/free-port.ts'
import { waitFor } from '../support/wait-for.ts'

/** A submit_sm as `smsc.pl` read it. */
export interface Submit {
  readonly connection: number
  readonly source: string
  /** Type and plan of number. */
  readonly source_type: string
  readonly destination: string
  readonly data_coding: number
  readonly esm_class: number
  readonly validity_period: string
  readonly priority: number
  /** 1: the text came as message_payload. */
  readonly payload: 0 | 1
  /** Hex. */
  readonly udh: string
  readonly body: string
  /** Decoded by the SMSC. */
  readonly text: string
  readonly message_id: string
  /** command_status in hex, 'silent' or 'dropped'. */
  readonly answer: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly flaws: readonly string[]
}

export interface Smsc {
  readonly port: number
  /** For KEYMOMENT_SMPP_URL. */
  readonly url: string
  readonly child: Child
  events(name: string): readonly Record<string, unknown>[]
  submits(): readonly Submit[]
  /** Submits which it took: answered with ESME_ROK, or taken without an answer. */
  taken(): readonly Submit[]
  /** Waits until it has said so: its words may be read a moment after its answer. */
  tookAtLeast(count: number): Promise<unknown>
  messageFrom(number: string, text: string): void
  hangUp(): void
  /** An option of smsc.pl, from now on. */
  set(option: string, value: string | number): void
  /** Tells what became of the message of this id to the number. */
  receipt(messageId: string, number: string): void
  /** Writes what is no PDU. */
  garbage(): void
  /** Writes the first half of a PDU. */
  half(): void
  stop(): Promise<void>
}

export interface SmscOptions {
  readonly port?: number
  /** Options of smsc.pl without the dashes. */
  readonly options?: Readonly<Record<string, string | number>>
}

/** Runs the counterpart SMSC (Debian's libnet-smpp-perl) and waits until it listens; stop it in the end. */
export async function runSmsc({ port, options = {} }: SmscOptions = {}): Promise<Smsc> {
  const listening = port ?? (await freePort())
  const settings = Object.entries({ port: listening, ...options }).flatMap(([name, value]) => [`--${name}`, `${value}`])
  const child = await startChild('perl', [join(import.meta.dirname, 'smsc.pl'), ...settings])
  const stop = () => child.kill('SIGKILL').then(() => undefined)
  await child.waitForLine(/"event":"listening"/)
  const events = (name: string) =>
    child
      .stdout()
      .split('\n')
      .slice(0, -1)
      .map((line): Record<string, unknown> => JSON.parse(line))
      .filter(({ event }) => event === name)
  const submits = () => events('submit') as unknown as Submit[]
  const taken = () => submits().filter(({ answer }) => ['00', 'silent', 'dropped'].includes(answer))
  return {
    port: listening,
    url: `smpp://keymoment:secret@127.0.0.1:${listening}`,
    child,
    events,
    submits,
    taken,
    tookAtLeast: (count) => waitFor(`${count} submits`, () => taken().length >= count),
    messageFrom: (number, text) => child.write(`mo ${number} ${text}\n`),
    hangUp: () => child.write('hang-up\n'),
    set: (option, value) => child.write(`set ${option} ${value}\n`),
    receipt: (messageId, number) => child.write(`receipt ${messageId} ${number}\n`),
    garbage: () => child.write('garbage\n'),
    half: () => child.write('half\n'),
    stop,
  }
}
