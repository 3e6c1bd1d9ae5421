import { spawn } from 'node:child_process'
import { waitFor } from './wait-for.ts'

export interface ChildOptions {
  /** Added to this process's environment; a variable set to undefined is left out. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
}

/** How a child ended: by an exit code or by a signal. */
export interface ChildExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Child {
  readonly pid: number
  /** Everything that it wrote so far, standard output and error in the order of arrival. */
  output(): string
  stdout(): string
  /** Waits for a line (of output or error) that matches and returns the match. @throws when it ends or time passes */
  waitForLine(pattern: RegExp, deadlineMs?: number): Promise<RegExpMatchArray>
  write(text: string): void
  /** Ends its standard input. */
  end(): void
  /** Sends the signal to this child by its pid and waits for its end. A child that has ended is left alone. */
  kill(signal?: NodeJS.Signals, deadlineMs?: number): Promise<ChildExit>
  readonly exited: Promise<ChildExit>
}

/**
 * Starts `command` as a child of this process. Kill it in a `finally` or `onTestFinished`; whatever is left when this
 * process ends is killed then.
 *
 * @throws Error when the command cannot be started
 */
export async function startChild(command: string, args: readonly string[], options: ChildOptions = {}): Promise<Child> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const all: string[] = []
  const out: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    all.push(text)
    out.push(text)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => all.push(text))
  child.stdin.on('error', () => undefined) // a child that ended early closes its input: its exit tells why
  let ended: ChildExit | undefined
  const exited = new Promise<ChildExit>((resolve) => {
    child.once('close', (code, signal) => {
      ended = { code, signal }
      resolve(ended)
    })
  })
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  const { pid } = child
  if (pid === undefined) throw new Error(`${command} has no pid`)
  const killAtEnd = () => child.kill('SIGKILL')
  process.once('exit', killAtEnd)
  void exited.then(() => process.off('exit', killAtEnd))

  const output = () => all.join('')
  return {
    pid,
    exited,
    output,
    stdout: () => out.join(''),
    write: (text) => child.stdin.write(text),
    end: () => child.stdin.end(),
    async waitForLine(pattern, deadlineMs = 15_000) {
      const lines = new RegExp(pattern.source, `${pattern.flags.replace(/[gm]/g, '')}m`)
      const look = () => output().match(lines)
      // What it wrote is looked at after its end is: the last line of a child that has ended counts.
      await waitFor('a line', () => ended !== undefined || look() !== null, { deadlineMs }).catch(() => undefined)
      const match = look()
      if (match) return match
      const why = ended === undefined ? `not within ${deadlineMs} ms` : `it ended with ${ended.code ?? ended.signal}`
      throw new Error(`${command}: no line ${pattern}: ${why}; it wrote:\n${output()}`)
    },
    async kill(signal = 'SIGTERM', deadlineMs = 15_000) {
      if (ended === undefined) child.kill(signal)
      return waitFor(`${command} (pid ${pid}) to end after ${signal}`, () => ended, { deadlineMs })
    },
  }
}
