import { expect, onTestFinished, test } from 'vitest'
import { servers } from '../support/servers.ts'
import { runCrashMatrix } from './crash-matrix.ts'
import { faultsOf } from './crash-trial.ts'
import { startRedisBeside } from './servers.ts'

const minute = 60_000

test('killed at each of its points, deliver sends marketing never twice and service always', {
  timeout: 20 * minute,
}, async () => {
  const own = await startRedisBeside(servers, () => undefined)
  onTestFinished(() => own.stop())
  const said: string[] = []
  const { cells } = await runCrashMatrix({ servers: own, say: (line) => said.push(line), times: 1, systems: 2 })
  expect(cells.flatMap(faultsOf), said.join('; ')).toEqual([])
  expect(cells.map(({ kills }) => kills)).toEqual(cells.map(() => 1))
})
