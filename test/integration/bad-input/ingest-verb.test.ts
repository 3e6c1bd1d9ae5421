import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { topics } from '../../../services/topology.ts'
import { startChild } from '../../support/child-process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { startEngine } from './engine.ts'
import { lines, longCall } from './events.ts'

const bin = join(import.meta.dirname, '..', '..', '..', 'bin', 'keymoment.js')
const now = Date.now()

test('keymoment ingest: taken with 0; a wrong line refuses its batch with 1 and is named by file and line', {
  timeout: 40_000,
}, async () => {
  const engine = await startEngine()
  await engine.running.started
  const folder = temporaryFolder()
  const file = async (name: string, content: string | Buffer) => {
    await writeFile(join(folder, name), content)
    return join(folder, name)
  }
  const ingest = async (input: string | undefined, ...files: string[]) => {
    const child = await startChild(process.execPath, [bin, 'ingest', '--url', engine.url, ...files])
    if (input !== undefined) child.write(input)
    child.end()
    const { code } = await child.exited
    const stdout = child.stdout()
    return {
      code,
      stdout: stdout.replaceAll(`${folder}/`, ''),
      stderr: child.output().replace(stdout, '').replaceAll(`${folder}/`, ''),
    }
  }
  const good = (id: string) => longCall(id, `s-${id}`, now)
  const count = async () => (await engine.records(topics.events.cdr)).length

  const whole = await file('good.jsonl', `\ufeff${lines([good('a'), good('b')]).replaceAll('\n', '\r\n')}\r\n`)
  expect(await ingest(undefined, whole)).toEqual({ code: 0, stdout: '', stderr: '2 events accepted\n' })
  expect(await ingest(lines([good('c')]).trimEnd(), '-')).toEqual({
    code: 0,
    stdout: '',
    stderr: '1 events accepted\n',
  })
  expect(await count()).toBe(3)

  const wrong = await file('wrong.jsonl', `\n${lines([good('d'), { ...good('e'), duration_s: -1 }, { type: 'crd' }])}`)
  const refused = await ingest(undefined, wrong)
  expect(refused.stdout.split('\n')).toEqual([
    expect.stringMatching(/^wrong\.jsonl:3 {2}KM_FIELD_RANGE {2}duration_s: /),
    expect.stringMatching(/^wrong\.jsonl:4 {2}KM_EVENT_UNKNOWN_TYPE {2}type: .*did you mean 'cdr'\?$/),
    '',
  ])
  expect(refused.stderr).toMatch(
    /^wrong\.jsonl {2}KM_INGEST_REFUSED {2}KM_BATCH_REFUSED: .* \(from line 2 on nothing was taken\)\n$/,
  )
  expect(refused.code).toBe(1)

  const bytes = await file(
    'bytes.jsonl',
    Buffer.concat([Buffer.from(lines([good('f')])), Buffer.from([0x22, 0xff, 0x22, 0x0a])]),
  )
  const undecodable = await ingest(undefined, bytes)
  expect(undecodable).toMatchObject({ code: 1, stdout: 'bytes.jsonl:2  KM_EVENT_NOT_UTF8  the line is not UTF-8\n' })

  const endless = await file('endless.jsonl', Buffer.alloc(3 * 1_048_576, 'x'))
  expect(await ingest(undefined, endless)).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^endless\.jsonl:1 {2}KM_EVENT_TOO_LONG/),
  })

  expect(await ingest(undefined, join(folder, 'none.jsonl'))).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^none\.jsonl {2}KM_EVENTS_FILE/),
  })
  expect(await count(), 'nothing of a refused batch was taken').toBe(3)
})
