import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { startChild } from '../support/child-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { root } from '../tidy/sources.ts'

let folder: string

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), text)
}

async function check(...options: readonly string[]) {
  const command = [join(root, 'bin', 'keymoment.js'), 'catalogue', 'check', folder, ...options]
  const child = await startChild(process.execPath, command, { cwd: root, env: {} })
  onTestFinished(async () => void (await child.kill('SIGKILL').catch(() => undefined)))
  const { code } = await child.exited
  const stdout = child.stdout()
  const tidy = (text: string) => text.replaceAll(folder, 'F').replace(/version \w+/, 'version V')
  return { code, stdout: tidy(stdout), stderr: tidy(child.output().replace(stdout, '')) }
}

const policy = `
default_time_zone: Asia/Shanghai
default_language: zh
quiet_hours: []
caps: []
gaps: {}
currency: CNY
opt_out_text: { en: Reply STOP to opt out., zh: 退订回复TD。 }
`

beforeEach(async () => {
  folder = temporaryFolder()
  await write('policy.yaml', policy)
  await write('factors/f.yaml', 'id: balance\ntitle: { en: B }\nfrom: recharge\nvalue: amount\naggregate: last\n')
  await write(
    'rules/r.yaml',
    'id: r\nmoment: change\ntitle: { en: R }\non: recharge\nwhen: balance > 5\npurpose: marketing\nevidence: [balance]\noffers: [low, long]\n',
  )
  await write(
    'offers/o.yaml',
    `- id: low
  title: { en: Low }
  message:
    en: '{{ balance | money | default: "Little" }} left.'
    zh: '余额{{ balance | money | default: "不多" }}。'
- id: long
  title: { en: Long }
  message: { en: "${'Words of an offer. '.repeat(9).trim()}" }
`,
  )
})

describe('keymoment catalogue check', { timeout: 60_000 }, () => {
  const valid = 'F is valid: 1 factors, 1 rules, 2 offers, 0 examples, version V\n'

  test('says in how many parts messages are sent', async () => {
    expect(await check()).toEqual({
      code: 0,
      stdout: '',
      stderr: `${valid}3 texts of 1-2 parts by SMS; --messages lists them\n`,
    })
  })

  test('lists them', async () => {
    const { code, stdout, stderr } = await check('--messages')
    expect({ code, stderr }).toEqual({ code: 0, stderr: valid })
    expect(stdout.split('\n')).toEqual([
      'offer  language  encoding   length  parts',
      'low    en        GSM 03.38  31-39       1',
      'low    zh        UCS-2      12-20       1',
      'long   en        GSM 03.38  193         2',
      '',
    ])
  })

  test('warns of those that are longer than the policy would have, and is content', async () => {
    await write('policy.yaml', `${policy}segments_most: 1\n`)
    const { code, stdout, stderr } = await check()
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toContain(
      "warning: offer long in 'en' takes up to 2 parts (193 of GSM 03.38), and segments_most is 1: Words of an offer.",
    )
    expect(stderr).not.toContain('offer low')
  })

  test('warns of what is valid and hardly meant, and is content', async () => {
    await write('policy.yaml', `${policy}holdout: 1\n`)
    await write('campaigns/c.yaml', 'id: summer\ntitle: { en: Summer }\nholdout: 1\n')
    await write('offers/p.yaml', 'id: past\ntitle: { en: Past }\nvalid: { to: "2020-08-31" }\nmessage: { en: Late }\n')
    const { code, stderr } = await check()
    expect(code).toBe(0)
    expect(stderr.split('\n').filter((line) => line.startsWith('warning'))).toEqual([
      'warning: holdout of policy.yaml is 1: nobody gets any marketing',
      'warning: campaign summer holds everybody out: nobody gets anything of it',
      'warning: campaign summer has no rule: nothing of it is ever said',
      'warning: offer past ended on 2020-08-31: nobody gets it any more',
    ])
  })

  test('prints what is wrong inside a text where it stands, and exits with 1', async () => {
    await write('offers/o.yaml', '- id: low\n  title: { en: Low }\n  message:\n    en: "Left: {{ balanc | money }}"\n')
    expect(await check()).toEqual({
      code: 1,
      stdout:
        "F/offers/o.yaml:4:19  KM_TEMPLATE_VARIABLE  no variable 'balanc'; did you mean 'balance'?\n" +
        "F/rules/r.yaml:8:15  KM_RULE_UNKNOWN_OFFER  no offer 'long'\n",
      stderr: '2 problems\n',
    })
  })
})
