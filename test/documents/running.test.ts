import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Child, startChild } from '../support/child-process.ts'
import { freePort } from '../support/free-port.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { root } from '../tidy/sources.ts'

/**
 * What documents show of a running engine: fences ```console running, whose commands are given to an engine of the test's own,
 * in their order. `…` in what they print stands for anything: alone on a line for any lines, else for a piece of one.
 */
const page = readFileSync(join(root, 'README.md'), 'utf8')
const fences = [...page.matchAll(/^```(\w+) ([^\n]+)\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', title = '', body = '']) => ({
    language,
    title,
    body,
  }),
)

/** A command and what it prints. */
interface Shown {
  readonly command: string
  readonly printed: string
}

const shown: readonly Shown[] = fences
  .filter(({ language, title }) => language === 'console' && title === 'running')
  .flatMap(({ body }) => body.split(/^\$ /m).slice(1))
  .map((text) => {
    const end = text.indexOf('\n')
    return { command: text.slice(0, end), printed: text.slice(end + 1) }
  })

const keymoment = join(root, 'bin', 'keymoment.js')
const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
const patternOf = (printed: string): RegExp =>
  new RegExp(`^${escaped(printed).replaceAll(/^…\n/gm, '(?:.*\\n)*?').replaceAll('…', '.*')}$`)

function start(command: string, env: Readonly<Record<string, string>>, cwd: string): Promise<Child> {
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`
  return startChild('sh', ['-c', `exec 2>&1; ${command.replaceAll('npx keymoment', `node '${keymoment}'`)}`], {
    cwd,
    env: { ...env, PATH, TZ: 'UTC' },
  })
}

test('all commands that change rules are shown', () => {
  const verbs = ['check', 'test', 'diff', 'backtest', 'publish', 'versions', 'rollback', 'explain']
  expect(verbs.filter((verb) => !shown.some(({ command }) => command.includes(` ${verb}`)))).toEqual([])
})

test('they print what the README says', { timeout: 300_000 }, async () => {
  const folder = temporaryFolder()
  symlinkSync(join(root, 'deploy'), join(folder, 'deploy'))
  for (const { language, title, body } of fences.filter(({ language }) => language !== 'console')) {
    if (!title.startsWith('my-rules') && language === 'yaml') continue
    mkdirSync(dirname(join(folder, title)), { recursive: true })
    writeFileSync(join(folder, title), body)
  }
  const port = await freePort()
  const env = { KEYMOMENT_HTTP_PORT: String(port), KEYMOMENT_DATA_DIR: join(folder, 'data') }
  const engine = await startChild(process.execPath, [keymoment, 'start'], { cwd: folder, env })
  onTestFinished(async () => void (await engine.kill()))
  await waitFor('an engine that is ready', () => isReady(port), { deadlineMs: 60_000 })

  for (const { command, printed } of shown) {
    const child = await start(command, env, folder)
    onTestFinished(async () => void (await child.kill('SIGKILL').catch(() => undefined)))
    child.end()
    const { code } = await child.exited
    expect(child.output(), command).toMatch(patternOf(printed))
    expect(code, command).toBe(0)
  }
})

const isReady = async (port: number): Promise<boolean> =>
  (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.status === 200
