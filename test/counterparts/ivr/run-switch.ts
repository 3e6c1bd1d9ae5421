import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Child, startChild } from '../../support/child-process.ts'
import { freePort, freePorts } from '../../support/free-port.ts'
import { pythonWithCalls } from '../../support/servers.ts'

/** What the switch wrote of what happened: `ev` says what, the other fields depend on it. */
export interface SwitchEvent {
  /** Seconds since 1970. */
  readonly t: number
  readonly ev: string
  readonly uuid?: string
  readonly name?: string
  readonly dest?: string
  readonly cause?: string
  readonly digits?: string
  readonly what?: string
  readonly app?: string
  readonly arg?: string
}

export interface Switch {
  /** For ivr.url. */
  readonly url: string
  /** Endings of numbers, by what their subscribers do. */
  readonly subscribers: typeof switchSubscribers
  events(): Promise<readonly SwitchEvent[]>
  /** The same up to now, without asking the switch. */
  written(): readonly SwitchEvent[]
  /** Calls that came to an end, by the number that was called. */
  ended(): Promise<readonly SwitchEvent[]>
  /** What a client did wrong. */
  violations(): Promise<readonly SwitchEvent[]>
  channels(): Promise<readonly { readonly uuid: string; readonly answered: boolean }[]>
  /** Ends all connections of clients; calls go on. */
  dropClients(): Promise<void>
  refuseLogins(): Promise<void>
  stop(): Promise<void>
}

/** How the subscribers act, by the last two digits of their numbers. */
export const switchSubscribers = {
  busy: '01',
  noAnswer: '02',
  declined: '03',
  unallocated: '04',
  presses1: '05',
  presses2: '06',
  silent: '07',
  hangsUp: '08',
  unreachable: '09',
  trouble: '10',
  presses9Then1: '11',
  late: '12',
} as const

const folder = import.meta.dirname

/**
 * Runs the switch (an event socket before PJSIP, esl_switch.py) and the carrier with its subscribers (SIPp): real calls over
 * SIP, with sound and keys over RTP. Stop it in the end.
 */
export async function runSwitch(): Promise<Switch> {
  const [esl, sip, control, carrier] = await freePorts(4)
  const media = 2 * Math.floor((await freePort()) / 2)
  const run = mkdtempSync(join(tmpdir(), 'keymoment-switch-'))
  const log = join(run, 'events.jsonl')
  const children: Child[] = []
  const stop = async () => {
    await Promise.all(children.map((child) => child.kill('SIGKILL')))
    rmSync(run, { recursive: true, force: true })
  }
  try {
    const made = await startChild('python3', [join(folder, 'make_subscribers.py'), run])
    if ((await made.exited).code !== 0) throw new Error(`no subscribers: ${made.output()}`)
    const local = ['-i', '127.0.0.1', '-mi', '127.0.0.1']
    const sipp = ['-sf', join(run, 'subscribers.xml'), ...local, '-p', `${carrier}`, '-mp', `${media}`, '-nostdin']
    children.push(await startChild('sipp', sipp, { cwd: run }))
    const ports = ['--esl-port', esl, '--sip-port', sip, '--rtp-port', media + 1_000, '--http', control].map(String)
    const gateway = ['--gateway', `carrier=127.0.0.1:${carrier}`]
    writeFileSync(log, '')
    const switchArgs = [join(folder, 'esl_switch.py'), ...ports, ...gateway, '--log', log]
    const child = await startChild(pythonWithCalls(), switchArgs)
    children.push(child)
    await child.waitForLine(/"ready": true/, 30_000)
  } catch (error) {
    await stop()
    throw error
  }
  const at = `http://127.0.0.1:${control}`
  const get = async <T>(path: string): Promise<T> => (await fetch(`${at}${path}`)).json() as Promise<T>
  const post = async (path: string) => void (await fetch(`${at}${path}`, { method: 'POST', body: '{}' }))
  return {
    url: `esl://:ClueCon@127.0.0.1:${esl}`,
    subscribers: switchSubscribers,
    events: () => get('/events'),
    written: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line): SwitchEvent => JSON.parse(line)),
    ended: async () => (await get<SwitchEvent[]>('/calls')).filter(({ ev }) => ev === 'call_end'),
    violations: () => get('/violations'),
    channels: () => get('/channels'),
    dropClients: () => post('/drop'),
    refuseLogins: () => post('/refuse_auth'),
    stop,
  }
}
