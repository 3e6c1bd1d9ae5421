import { spawn } from 'node:child_process'

export interface CommandResult {
  readonly code: number | null
  readonly output: string
}

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a command to its end, whatever its exit code; a command that isn't there counts as code 127. */
export function run(command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...options.env }
    const child = spawn(command, args, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const take = (text: string) => {
      output += text
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr.setEncoding('utf8').on('data', take)
    child.once('error', (error) => resolve({ code: 127, output: error.message }))
    child.once('close', (code) => resolve({ code, output }))
  })
}

/** As `run`, and returns what it wrote. @throws Error with the end of its output when it fails */
export async function must(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, output } = await run(command, args, options)
  if (code === 0) return output
  throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output.split('\n').slice(-20).join('\n')}`)
}
