import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startChild } from '../support/child-process.ts'
import { freePort } from '../support/free-port.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { root } from '../tidy/sources.ts'
import { fencesOf, keymoment, patternOf, shownIn, startShown, writeFences } from './shown.ts'

/**
 * What the README shows of a running engine: fences ```console running, whose commands are given to an engine of the test's
 * own, in their order.
 */
const fences = fencesOf(readFileSync(join(root, 'README.md'), 'utf8'))
const shown = shownIn(fences)

test('all commands that change rules are shown', () => {
  const verbs = ['check', 'test', 'diff', 'backtest', 'publish', 'versions', 'rollback', 'explain']
  expect(verbs.filter((verb) => !shown.some(({ command }) => command.includes(` ${verb}`)))).toEqual([])
})

test('they print what the README says', { timeout: 300_000 }, async () => {
  const folder = temporaryFolder()
  symlinkSync(join(root, 'deploy'), join(folder, 'deploy'))
  const isOther = ({ language, title }: (typeof fences)[number]) => language === 'yaml' && !title.startsWith('my-rules')
  writeFences(
    folder,
    fences.filter((fence) => fence.language !== 'console' && !isOther(fence)),
  )
  const port = await freePort()
  const env = { KEYMOMENT_HTTP_PORT: String(port), KEYMOMENT_DATA_DIR: join(folder, 'data') }
  const engine = await startChild(process.execPath, [keymoment, 'start'], { cwd: folder, env })
  onTestFinished(async () => void (await engine.kill()))
  await waitFor('an engine that is ready', () => isReady(port), { deadlineMs: 60_000 })

  for (const { command, printed } of shown) {
    const child = await startShown(command, env, folder)
    onTestFinished(async () => void (await child.kill('SIGKILL').catch(() => undefined)))
    child.end()
    const { code } = await child.exited
    expect(child.output(), command).toMatch(patternOf(printed))
    expect(code, command).toBe(0)
  }
})

const isReady = async (port: number): Promise<boolean> =>
  (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.status === 200
