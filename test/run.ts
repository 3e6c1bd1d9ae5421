/**
 * `npm test`: brings up real servers, checks the sources, runs all tests, and closes with `N passed, N failed`: one for
 * each test and one for each check. Nothing is ever skipped: a test that isn't run counts as failed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { startTestServers } from './support/test-servers.ts'
import { whenToldToStop } from './support/told-to-stop.ts'

const root = join(import.meta.dirname, '..')
const modules = join(root, 'node_modules')
const started = performance.now()
const say = (line: string) =>
  console.log(`[${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s] ${line}`)

const checks = [
  { name: 'typecheck', args: ['typescript/bin/tsc', '--noEmit'] },
  { name: 'typecheck of the page', args: ['typescript/bin/tsc', '-p', 'services/live'] },
  { name: 'lint', args: ['@biomejs/biome/bin/biome', 'check', '.'] },
  { name: 'imports', args: ['../test/tidy/imports.ts'] },
  { name: 'knip', args: ['knip/bin/knip.js'] },
] as const

let child: ChildProcess | undefined
let stoppedBy: string | undefined
whenToldToStop((reason) => {
  stoppedBy = reason
  child?.kill('SIGTERM')
})

/** Runs a script of node_modules on this Node. @returns its exit code; 1 for a signal */
async function runScript([script, ...args]: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  if (stoppedBy !== undefined || script === undefined) return 1
  const path = `${join(modules, '.bin')}${delimiter}${process.env.PATH}` // children find Node 24 as `node`
  const running = spawn(process.execPath, [join(modules, script), ...args], {
    cwd: root,
    env: { ...process.env, ...env, PATH: path },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  child = running
  return new Promise((resolve) => {
    running.once('error', () => resolve(1))
    running.once('close', (code) => resolve(code ?? 1))
  })
}

interface Count {
  passed: number
  failed: number
}

/** The fields of vitest's JSON report that are read here. */
interface VitestReport {
  readonly numPassedTests: number
  readonly numTotalTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

async function runTests(env: NodeJS.ProcessEnv): Promise<Count> {
  const file = join(root, 'test', '.run', `report-${process.pid}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const code = await runScript(['vitest/vitest.mjs', 'run', ...reporters, ...process.argv.slice(2)], env)
  try {
    const report: VitestReport = JSON.parse(readFileSync(file, 'utf8'))
    const passed = report.numPassedTests
    const unloadable = report.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    )
    const failed = report.numTotalTests - passed + unloadable.length
    return { passed, failed: failed === 0 && (code !== 0 || passed === 0) ? 1 : failed }
  } catch {
    return { passed: 0, failed: 1 } // vitest ended before it could report
  } finally {
    rmSync(file, { force: true })
  }
}

async function runAll(): Promise<Count> {
  const count: Count = { passed: 0, failed: 0 }
  const servers = await startTestServers(say)
  servers.variables.catch(() => undefined) // looked at below, after the checks
  try {
    for (const { name, args } of checks) {
      say(`${name} …`)
      const passed = (await runScript(args)) === 0
      count[passed ? 'passed' : 'failed'] += 1
      say(`${name} ${passed ? 'passed' : 'FAILED'}`)
    }
    const variables = await servers.variables
    say('tests …')
    const tests = await runTests(variables)
    count.passed += tests.passed
    count.failed += tests.failed
  } catch (error) {
    say(`the servers of the tests don't come up: ${error instanceof Error ? error.message : error}`)
    count.failed += 1
  } finally {
    await servers.stop()
    say('servers stopped')
  }
  return count
}

const { passed, failed } = await runAll()
if (stoppedBy !== undefined) say(`stopped by ${stoppedBy}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && stoppedBy === undefined ? 0 : 1
