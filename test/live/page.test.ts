import { expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.ts'
import { useBrowser } from './browser.ts'
import { startLiveProcess } from './live-process.ts'

const evil = '<script>document.title="taken"</script><img src=x onerror="document.title=1"> & 5 % extra'
const chinese = '感谢您首次充值¥50！在掌厅开通自动充值，三个月内每次多得5%。退订回复TD。'

const { open, faultsOf } = useBrowser()

test('shows figures and messages, and what somebody wrote as text', async () => {
  const live = await startLiveProcess(evil)
  const { page, complaints } = await open(live.url, { width: 1280, height: 860 })
  await page.locator('#no-messages').waitFor()
  await live.topUp('en')
  await live.topUp('zh')
  await waitFor('both messages', async () => (await page.locator('#message-rows td.delivered').count()) === 2)
  const shown = await page.locator('#message-rows td.text').allTextContents()
  // The policy's words on opting out stand behind what the operator wrote.
  expect(shown.toSorted()).toEqual([`${evil} Reply STOP to opt out.`, chinese].toSorted())
  expect(await page.title()).toBe('Keymoment')
  expect(await page.locator('#message-rows :is(script, img)').count()).toBe(0)
  expect(await page.locator('#state').getAttribute('data-state')).toBe('ready')
  const title = page.getByText('First top-up', { exact: true })
  const cells = await page.locator('#moments tr').filter({ has: title }).locator('td').allTextContents()
  expect(cells).toEqual(['2', '2'])
  expect(await page.locator('#message-rows td.address').allTextContents()).toEqual(
    expect.arrayContaining([expect.stringMatching(/^••\d\d$/)]),
  )
  expect(complaints).toEqual([])
})

test('speaks Chinese, and is operated by keyboard', async () => {
  const live = await startLiveProcess()
  const { page, complaints } = await open(live.url, { width: 1280, height: 860, locale: 'zh-CN' })
  await waitFor('readiness', async () => (await page.locator('#state').textContent()) === '就绪')
  expect(await page.locator('html').getAttribute('lang')).toBe('zh')
  const focused = () => page.evaluate('document.activeElement.id || document.activeElement.className')
  const order: unknown[] = []
  for (let i = 0; i < 4; i++) {
    await page.keyboard.press('Tab')
    order.push(await focused())
  }
  expect(order).toEqual(['skip', 'language', 'hold', 'messages'])
  await page.locator('#hold').press('Enter')
  expect(await page.locator('#hold').getAttribute('aria-pressed')).toBe('true')
  await live.topUp('zh')
  await waitFor('the held list to count', async () =>
    (await page.locator('#message-count').textContent())?.includes('新增 1 条'),
  )
  expect(await page.locator('#message-rows tr').count()).toBe(0)
  await page.locator('#hold').press('Enter')
  expect(await page.locator('#message-rows tr').count()).toBe(1)
  await page.locator('#language').press('Enter')
  expect(await page.locator('html').getAttribute('lang')).toBe('en')
  expect(await page.locator('#state').textContent()).toBe('ready')
  expect(complaints).toEqual([])
})

test.each([
  { width: 320, height: 640, colorScheme: 'dark' },
  { width: 390, height: 844, colorScheme: 'light' },
  { width: 690, height: 1000, colorScheme: 'dark' },
  { width: 1081, height: 800, colorScheme: 'light' },
  { width: 1640, height: 900, colorScheme: 'dark' },
] as const)('at $width pixels nothing is cut off and text has contrast ($colorScheme)', async (view) => {
  const live = await startLiveProcess(`A word without a place to break it: ${'9'.repeat(90)}`)
  await live.topUp('en')
  const { page } = await open(live.url, view)
  await waitFor('the message', async () => (await page.locator('#message-rows td.delivered').count()) === 1)
  expect(await faultsOf(page)).toEqual({ wide: [], cut: [], faint: [], unfit: [] })
})

test('says so when the process is gone', async () => {
  const live = await startLiveProcess()
  const { page } = await open(live.url, { width: 800, height: 600 })
  await waitFor('readiness', async () => (await page.locator('#state').getAttribute('data-state')) === 'ready')
  await live.stop()
  await waitFor('the loss', async () => (await page.locator('#state').getAttribute('data-state')) === 'lost')
})
