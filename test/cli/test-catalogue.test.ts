import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { startChild } from '../support/child-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const root = join(import.meta.dirname, '..', '..')

async function keymoment(...args: readonly string[]) {
  const child = await startChild(process.execPath, [join(root, 'bin', 'keymoment.js'), ...args], { cwd: root, env: {} })
  onTestFinished(async () => void (await child.kill('SIGKILL').catch(() => undefined)))
  const { code } = await child.exited
  const stdout = child.stdout()
  return { code, stdout: stdout.replaceAll(`${folder}/`, ''), stderr: child.output().replace(stdout, '') }
}

let folder: string
const write = async (path: string, text: string) => {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), text)
}

const rule = (id: string, least: number) =>
  `id: ${id}\nmoment: change\ntitle: { en: A }\non: cdr\nwhen: calls_1h >= ${least}\npurpose: care\n`
const fires = (id: string) => `title: it fires\nrule: ${id}\ntimeline: |\n  09:00  cdr\n  09:01  cdr  => ${id}\n`
const nearly = (id: string) => `title: it nearly does\nrule: ${id}\ntimeline: |\n  09:00  cdr\n  +1h    cdr\n`

beforeEach(async () => {
  folder = temporaryFolder()
  await write(
    'base/policy.yaml',
    'default_time_zone: Asia/Shanghai\ndefault_language: zh\nquiet_hours: []\ncaps: []\ngaps: {}\n',
  )
  await write(
    'base/factors/calls.yaml',
    'id: calls_1h\ntitle: { en: A }\nfrom: cdr\naggregate: count\nwindow: { rolling: 1h }\n',
  )
  await write('base/rules/two.yaml', rule('two', 2))
  await write('base/examples/two.yaml', `${fires('two')}---\n${nearly('two')}`)
})

const testIt = (dir: string, ...options: readonly string[]) =>
  keymoment('catalogue', 'test', join(folder, dir), ...options)

describe('keymoment catalogue test', { timeout: 60_000 }, () => {
  test('passes', async () => {
    expect(await testIt('base')).toEqual({ code: 0, stdout: '', stderr: '2 passed, 0 failed\n' })
  })

  test('prints each failure and each rule without examples, and exits with 1', async () => {
    await write('base/rules/one.yaml', rule('one', 1))
    await write('base/examples/two.yaml', `${fires('two').replace('09:01', '10:00')}`)
    const { code, stdout, stderr } = await testIt('base')
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(
        /^base\/examples\/two\.yaml:5:18 {2}KM_TIMELINE_MISSING {2}'it fires': no two at day 1 10:00/,
      ),
      '    as of then: calls_1h=1',
      "base/rules/one.yaml:1:1  KM_TIMELINE_NO_EXAMPLE  no example shows that 'one' fires, and none that it does not fire where it nearly does",
      "base/rules/two.yaml:1:1  KM_TIMELINE_NO_EXAMPLE  no example shows that 'two' does not fire where it nearly does",
      '',
    ])
    expect({ code, stderr }).toEqual({ code: 1, stderr: '0 passed, 1 failed, 2 examples missing\n' })
  })

  test('rules may lack examples, if that is said', async () => {
    await write('base/rules/one.yaml', rule('one', 1))
    expect(await testIt('base', '--allow-missing')).toMatchObject({ code: 0, stderr: '2 passed, 0 failed\n' })
  })

  test('runs those of one rule', async () => {
    await write('base/rules/one.yaml', rule('one', 1))
    expect(await testIt('base', '--rule', 'two')).toMatchObject({ code: 0, stderr: '2 passed, 0 failed\n' })
    expect(await testIt('base', '--rule', 'one')).toMatchObject({ code: 1 })
    expect(await testIt('base', '--rule', 'tow')).toEqual({
      code: 2,
      stdout: '',
      stderr: "KM_USAGE  no rule 'tow'; did you mean 'two'?\n",
    })
  })

  test('prints one JSON object', async () => {
    await write('base/examples/more.yaml', fires('two').replace('09:01', '10:00'))
    const { code, stdout } = await testIt('base', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      passed: 2,
      failed: 1,
      problems: [],
      missing: [],
      examples: [
        {
          title: 'it fires',
          rules: ['two'],
          file: 'base/examples/more.yaml',
          line: 1,
          passed: false,
          failures: [{ code: 'KM_TIMELINE_MISSING' }],
        },
        { title: 'it fires', file: 'base/examples/two.yaml', passed: true, failures: [] },
        { title: 'it nearly does', file: 'base/examples/two.yaml', passed: true, failures: [] },
      ],
    })
  })

  test('an example that is no timeline is a problem, of catalogue check too', async () => {
    await write('base/examples/two.yaml', fires('two').replace('cdr', 'crd'))
    const problem =
      "base/examples/two.yaml:4:10  KM_TIMELINE_EVENT_TYPE  nothing is called 'crd'; did you mean 'cdr'?\n"
    expect(await testIt('base', '--allow-missing')).toEqual({
      code: 1,
      stdout: problem,
      stderr: '0 passed, 0 failed, 1 problems\n',
    })
    expect(await keymoment('catalogue', 'check', join(folder, 'base'))).toEqual({
      code: 1,
      stdout: problem,
      stderr: '1 problems\n',
    })
  })

  test('a wrong catalogue is told before anything is run; a folder that is not there is misuse', async () => {
    await write('base/rules/two.yaml', rule('two', 2).replace('calls_1h', 'calls_2h'))
    expect(await testIt('base')).toMatchObject({ code: 1, stdout: expect.stringContaining('KM_RULE_UNKNOWN_FACTOR') })
    expect(await testIt('nowhere')).toMatchObject({ code: 2, stdout: '' })
  })

  test('a catalogue that extends another runs the examples of the rules that it left as they were', async () => {
    await write('base/rules/three.yaml', rule('three', 3))
    await write('base/examples/three.yaml', nearly('three'))
    await write('own/catalogue.yaml', 'extends: ../base\n')
    await write('own/rules/three.yaml', rule('three', 1))
    const { code, stdout, stderr } = await testIt('own')
    expect(stdout).toBe(
      "own/rules/three.yaml:1:1  KM_TIMELINE_NO_EXAMPLE  no example shows that 'three' fires, and none that it does not fire where it nearly does\n",
    )
    expect({ code, stderr }).toEqual({ code: 1, stderr: '2 passed, 0 failed, 1 examples missing\n' })
    await write('own/catalogue.yaml', 'extends: ../base\nwithout: { rules: [two] }\n')
    expect(await testIt('own', '--allow-missing')).toMatchObject({ code: 0, stderr: '0 passed, 0 failed\n' })
    expect(await keymoment('catalogue', 'check', join(folder, 'own'))).toMatchObject({ code: 0, stdout: '' })
  })

  test('--help says how it is used; without a folder it is misuse', async () => {
    expect((await keymoment('catalogue', 'test', '--help')).stdout).toContain('Usage: keymoment catalogue test')
    expect(await keymoment('catalogue', 'test')).toMatchObject({ code: 2, stdout: '' })
  })
})
