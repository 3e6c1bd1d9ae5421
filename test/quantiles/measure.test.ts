import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { detect } from '../../services/detect/service.ts'
import { createIngest } from '../../services/ingest/service.ts'
import { quantiles } from '../../services/quantiles/service.ts'
import { type Engine, startEngine } from '../integration/bad-input/engine.ts'
import { lines, longCall } from '../integration/bad-input/events.ts'
import { catalogueFolder, smallCatalogue } from '../integration/bad-input/small-catalogue.ts'
import { startChild } from '../support/child-process.ts'
import { waitFor } from '../support/wait-for.ts'
import { root } from '../tidy/sources.ts'

const timeout = 400_000

const rank = `\
id: rank # of callers
title: { en: Rank of calls }
quantiles:
  of: calls_24h
  cuts: [0.5, 0.75] # two tiers
  declared: [10, 20]
`
const ranked = {
  ...smallCatalogue,
  'factors/rank.yaml': rank,
  'factors/plan.yaml': '{ id: plan, title: { en: Plan }, profile: plan }\n',
  'segments/callers.yaml': '{ id: many, dimension: callers, title: { en: Many }, when: rank >= 0.5 || plan == "x" }\n',
}

/** `keymoment catalogue measure`, ended. */
async function measure(folder: string, url: string, ...options: readonly string[]) {
  const command = [join(root, 'bin', 'keymoment.js'), 'catalogue', 'measure', folder, '--url', url, ...options]
  const child = await startChild(process.execPath, command, { cwd: root })
  onTestFinished(async () => void (await child.kill('SIGKILL').catch(() => undefined)))
  child.end()
  const { code } = await child.exited
  const stdout = child.stdout()
  return { code, stdout, stderr: child.output().replace(stdout, '').replaceAll(folder, 'F') }
}

let engine: Engine
let today: string

/** Of four callers, one calls once, one twice, and so on. */
async function startWithCallers(): Promise<void> {
  engine = await startEngine({
    settings: { KEYMOMENT_CATALOGUE_DIR: await catalogueFolder(ranked) },
    deployables: [detect, createIngest(), quantiles],
  })
  await engine.ready(120_000)
  const now = Date.now()
  const calls = [1, 2, 3, 4].flatMap((count) =>
    Array.from({ length: count }, (_, i) =>
      longCall(`c${count}-${i}`, `s-${count}`, now - 1000 * i, { duration_s: 9 }),
    ),
  )
  await engine.post(lines(calls))
  const measured = async () => {
    const { body } = await engine.get('/v1/factors/calls_24h/quantiles?cuts=0.1,0.99')
    const { subscribers, thresholds, at } = body as { subscribers?: number; thresholds?: unknown; at?: string }
    today = at ?? ''
    return subscribers === 4 && JSON.stringify(thresholds) === '[2,null]'
  }
  await waitFor('detect to have committed the calls', measured, { deadlineMs: 120_000, everyMs: 100 })
}

describe('keymoment catalogue measure', { timeout }, () => {
  test('tells and writes the thresholds at which parts of all subscribers begin', async () => {
    await startWithCallers()
    const folder = await catalogueFolder(ranked)
    const told = `\
rank  calls_24h on ${today} over 4 subscribers
  0.5  from 3 on (10 was declared)
  0.75  from 4 on (20 was declared)
`
    expect(await measure(folder, engine.url)).toEqual({ code: 0, stdout: told, stderr: '' })
    expect(await readFile(join(folder, 'factors/rank.yaml'), 'utf8')).toBe(rank)

    const written = await measure(folder, engine.url, '--write')
    expect(written).toEqual({ code: 0, stdout: told, stderr: 'F/factors/rank.yaml written\n' })
    const text = `${rank}  measured: { at: ${today}, subscribers: 4, thresholds: [3, 4] }\n`
    expect(await readFile(join(folder, 'factors/rank.yaml'), 'utf8')).toBe(text)

    const above = await catalogueFolder({ 'catalogue.yaml': `extends: ${folder}\n` })
    const again = await measure(above, engine.url, '--write')
    expect(again.stdout).toContain(`  0.5  from 3 on (3 was measured on ${today} over 4)\n`)
    expect(again.stderr).toBe('F/factors/rank.yaml written\n')
    expect(await readFile(join(above, 'factors/rank.yaml'), 'utf8')).toContain('subscribers: 4')

    const tied = await catalogueFolder({ ...ranked, 'factors/rank.yaml': rank.replace('0.75]', '0.9]') })
    expect(await measure(tied, engine.url, '--write')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^KM_QUANTILES_TIED {2}rank: of 4 subscribers more than 10 % share the greatest/),
    })
    expect(await readFile(join(tied, 'factors/rank.yaml'), 'utf8')).toContain('declared: [10, 20]\n')

    const refused: readonly (readonly [string, number, string])[] = [
      ['calls_24h/quantiles', 400, 'KM_QUANTILES_CUTS'],
      ['calls_24h/quantiles?cuts=0.5,1', 400, 'KM_QUANTILES_CUTS'],
      ['calls_24h/quantiles?cuts=0.5,', 400, 'KM_QUANTILES_CUTS'],
      ['calls_24/quantiles?cuts=0.5', 404, 'KM_QUANTILES_FACTOR'],
      ['plan/quantiles?cuts=0.5', 404, 'KM_QUANTILES_FACTOR'],
    ]
    for (const [path, status, code] of refused) {
      expect(await engine.get(`/v1/factors/${path}`), path).toMatchObject({ status, body: { code } })
    }
  })

  test('tells what it cannot measure', async () => {
    const nobody = await startEngine({
      settings: { KEYMOMENT_CATALOGUE_DIR: await catalogueFolder(ranked) },
      deployables: [detect, createIngest(), quantiles],
    })
    await nobody.ready(120_000)
    const unknown = await measure(await catalogueFolder(ranked), nobody.url, '--write')
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringMatching(/^KM_QUANTILES_NOBODY {2}'calls_24h' is/) })
    const none = await measure(await catalogueFolder(), nobody.url)
    expect(none).toMatchObject({ code: 1, stderr: expect.stringMatching(/^KM_QUANTILES_NONE {2}no factor of/) })
    const wrong = await catalogueFolder(ranked)
    await writeFile(join(wrong, 'factors/rank.yaml'), rank.replace('[0.5, 0.75]', '[0.75, 0.5]'))
    const faulty = await measure(wrong, nobody.url, '--write')
    expect(faulty).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('KM_FACTOR_QUANTILES'),
      stderr: 'F has 1 problems\n',
    })
  })
})
