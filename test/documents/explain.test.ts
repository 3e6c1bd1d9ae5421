import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Answer } from '../../services/explain/answer.ts'
import { startChild } from '../support/child-process.ts'
import { freePort } from '../support/free-port.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { root } from '../tidy/sources.ts'
import { fencesOf, keymoment, patternOf, shownIn, startShown, writeFences } from './shown.ts'

/** docs/explain.md, on an engine of its own whose clock begins at ten in the morning of the page's day. */
const fences = fencesOf(readFileSync(join(root, 'docs', 'explain.md'), 'utf8'))
const answered = shownIn(fences)
const refused = shownIn(fences, 'refused')

test('explain answers what the page shows', { timeout: 240_000 }, async () => {
  const folder = temporaryFolder()
  writeFences(
    folder,
    fences.filter(({ language }) => language !== 'console'),
  )
  const port = await freePort()
  const env = { KEYMOMENT_HTTP_PORT: String(port), KEYMOMENT_DATA_DIR: join(folder, 'data') }
  const own = { KEYMOMENT_CATALOGUE_DIR: 'my-catalogue', KEYMOMENT_CLOCK_START: '2026-03-04T10:00:00+08:00' }
  const engine = await startChild(process.execPath, [keymoment, 'start'], { cwd: folder, env: { ...env, ...own } })
  onTestFinished(async () => void (await engine.kill()))
  const url = `http://127.0.0.1:${port}`
  const isReady = async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200
  await waitFor('an engine that is ready', isReady, { deadlineMs: 60_000 })

  const [ingest, ...questions] = answered
  expect(ingest?.command).toContain('ingest')
  expect(questions.length).toBeGreaterThanOrEqual(6)
  const run = async ({ command, printed }: (typeof answered)[number], code: number) => {
    const child = await startShown(command, env, folder)
    onTestFinished(async () => void (await child.kill('SIGKILL').catch(() => undefined)))
    child.end()
    expect.soft((await child.exited).code, command).toBe(code)
    expect.soft(child.output(), command).toMatch(patternOf(printed))
  }
  if (ingest) await run(ingest, 0)
  for (const [who, moments] of [
    ['anna', 2],
    ['ben', 1],
  ] as const) {
    await waitFor(`what becomes of ${who}'s moments`, async () => {
      const response = await fetch(`${url}/v1/subscribers/${who}/explain`)
      const answer = (await response.json()) as Partial<Answer>
      const decided = answer.moments?.filter(({ decisions }) => decisions.length > 0)
      return decided?.length === moments && answer.as_of?.records_behind === 0
    })
  }
  for (const question of questions) await run(question, 0)
  expect(refused).toHaveLength(3)
  for (const question of refused) await run(question, 1)
})
