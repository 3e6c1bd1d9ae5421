import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { kafkaProblem } from '../../deploy/local/kafka.ts'
import { runningIn, startDaemon, startTime, stopDaemon } from '../../deploy/local/process.ts'
import { redisServer } from '../../deploy/local/redis.ts'
import { bringDown, bringUp, lookAt } from '../../deploy/local/server.ts'
import { readSettings } from '../../deploy/local/settings.ts'
import { freePort } from '../support/free-port.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const sleeper = (folder: string) => ({ folder, command: 'sleep', args: ['60'] })

async function redisIn(folder: string, port: number) {
  const server = redisServer(
    readSettings({ KEYMOMENT_LOCAL_RUN_DIR: folder, KEYMOMENT_LOCAL_REDIS_PORT: String(port) }),
  )
  onTestFinished(() => bringDown(server, () => undefined, true))
  return server
}

test('Redis: up twice is one start; another folder adopts it and leaves it alone; down ends it; data stay', async () => {
  const port = await freePort()
  const folder = temporaryFolder()
  const ours = await redisIn(folder, port)
  const theirs = await redisIn(temporaryFolder(), port)
  const said: string[] = []
  const say = (line: string) => said.push(line.replace(/ in [\d.]+ s.*| at redis.*|\(pid.*| pid \d+.*/g, ''))

  await bringUp(ours, say)
  await bringUp(ours, say)
  await bringUp(theirs, say)
  expect((await lookAt(theirs)).state).toBe('adopted')
  await bringDown(theirs, say, false)
  expect((await lookAt(ours)).state).toBe('running')
  await bringDown(ours, say, false)
  expect((await lookAt(ours)).state).toBe('down')
  expect(existsSync(join(ours.folder, 'appendonlydir'))).toBe(true)
  await bringDown(ours, say, true)
  expect(existsSync(ours.folder)).toBe(false)
  expect(said.map((line) => line.trim())).toEqual([
    'Redis: up',
    'Redis: already answers',
    'Redis: already answers',
    "Redis: answers, but wasn't started from here: left alone",
    'Redis: stopped',
    "Redis: wasn't running",
    expect.stringMatching(/^Redis: removed /),
  ])
})

test('a pid that has become another process is never ended', async () => {
  const folder = join(temporaryFolder(), 'a')
  const id = await startDaemon(sleeper(folder))
  onTestFinished(() => {
    process.kill(id.pid, 'SIGKILL')
  })
  writeFileSync(join(folder, 'pid.json'), JSON.stringify({ pid: id.pid, startedAt: 'another time' }))
  expect(await stopDaemon(folder)).toBeUndefined()
  expect(await startTime(id.pid)).toBe(id.startedAt)
})

test.each(['', '{', '{"pid":"1"}', '{"pid":1.5}'])('a pid file that reads %j names nobody', async (text) => {
  const folder = temporaryFolder()
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'pid.json'), text)
  expect(await runningIn(folder)).toBeUndefined()
})

test('a daemon outlives nobody who stops it', async () => {
  const folder = join(temporaryFolder(), 'b')
  const id = await startDaemon(sleeper(folder))
  expect(await runningIn(folder)).toEqual(id)
  expect(await stopDaemon(folder)).toEqual(id)
  expect(await startTime(id.pid)).toBeUndefined()
})

test('a port where something else listens is no Kafka', async () => {
  const listener = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  })
  const port = await freePort()
  await new Promise<void>((resolve) => listener.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => void listener.close())
  expect(await kafkaProblem('127.0.0.1', port)).toMatch(/not as a Kafka broker/)
  expect(await kafkaProblem('127.0.0.1', await freePort())).toMatch(/ECONNREFUSED/)
})

test.each([
  [{ KEYMOMENT_LOCAL_KAFKA_PORT: '0' }, /KEYMOMENT_LOCAL_KAFKA_PORT is '0'; it must be a whole number from 1/],
  [{ KEYMOMENT_LOCAL_REDIS_CLUSTER_PORTS: '1,2' }, /three ports/],
  [{ KEYMOMENT_LOCAL_KAFKA_PROT: '1' }, /KEYMOMENT_LOCAL_KAFKA_PROT is no setting/],
  [{ KEYMOMENT_LOCAL_DOCKER: 'perhaps' }, /auto or never/],
])('settings %j are refused', (env, message) => {
  expect(() => readSettings(env)).toThrow(message)
})

test('the command says how it is used, and status tells by its exit code that nothing runs', async () => {
  const main = join(import.meta.dirname, '..', '..', 'deploy', 'local', 'main.ts')
  const ports: Record<string, string> = {}
  for (const name of ['KAFKA', 'REDIS', 'REGISTRY']) ports[`KEYMOMENT_LOCAL_${name}_PORT`] = String(await freePort())
  const env = { ...process.env, ...ports, KEYMOMENT_LOCAL_RUN_DIR: temporaryFolder(), KEYMOMENT_LOCAL_DOCKER: 'never' }
  const run = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env })
  expect(run('sideways')).toMatchObject({ status: 2, stdout: expect.stringContaining('npm run local:up') })
  expect(run('status')).toMatchObject({ status: 1, stdout: expect.stringMatching(/^Kafka +down/) })
})
