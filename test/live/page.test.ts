import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { chromiumOptions } from '../support/chromium.ts'
import { waitFor } from '../support/wait-for.ts'
import { startLiveProcess } from './live-process.ts'

const evil = '<script>document.title="taken"</script><img src=x onerror="document.title=1"> & 5 % extra'
const chinese = '感谢您首次充值¥50！在掌厅开通自动充值，三个月内每次多得5%。退订回复TD。'

let browser: Browser
beforeAll(async () => {
  browser = await chromium.launch(chromiumOptions())
})
afterAll(() => browser.close())

interface View {
  readonly width: number
  readonly height: number
  readonly locale?: string
  readonly colorScheme?: 'light' | 'dark'
}

/** Opens the page; whatever the browser complains of is in `complaints`. */
async function open(url: string, { width, height, ...rest }: View): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width, height }, locale: 'en-GB', ...rest })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => complaints.push(`${request.url()} failed`))
  await page.goto(url)
  return { page, complaints }
}

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
  const { wide, faint, cut } = await page.evaluate<{ wide: string[]; faint: string[]; cut: string[] }>(lookAtPage)
  expect(wide).toEqual([])
  expect(cut).toEqual([])
  expect(faint).toEqual([])
})

test('says so when the process is gone', async () => {
  const live = await startLiveProcess()
  const { page } = await open(live.url, { width: 800, height: 600 })
  await waitFor('readiness', async () => (await page.locator('#state').getAttribute('data-state')) === 'ready')
  await live.stop()
  await waitFor('the loss', async () => (await page.locator('#state').getAttribute('data-state')) === 'lost')
})

/** Runs in the page: what is cut off or reaches over its right edge, and text whose contrast with its ground is below AA's 4.5. */
const lookAtPage = `(() => {
  const hidden = '.skip, .unseen, svg, thead'
  const elements = [...document.body.querySelectorAll('*')].filter(
    (it) => it.checkVisibility() && it.getClientRects().length > 0 && !it.closest(hidden),
  )
  const name = (it) => it.tagName + '#' + it.id + '.' + it.className

  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = color
    canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data]
  }
  // Relative luminance and contrast as WCAG 2.2 defines them.
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  const luminance = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255)
  const ground = (it) => {
    const color = it ? rgba(getComputedStyle(it).backgroundColor) : [255, 255, 255, 255]
    return color[3] === 255 ? color : ground(it.parentElement)
  }
  const contrast = (it) => {
    const both = [luminance(rgba(getComputedStyle(it).color)), luminance(ground(it))]
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05)
  }
  const hasText = (it) => [...it.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '')
  const edge = document.documentElement.clientWidth
  return {
    cut: elements.filter((it) => it.scrollWidth > it.clientWidth + 1 && it.matches('.scroll, main, section')).map(name),
    wide: elements.filter((it) => it.getBoundingClientRect().right > edge + 1).map(name),
    faint: elements.filter((it) => hasText(it) && contrast(it) < 4.5).map((it) => name(it) + ' ' + contrast(it)),
  }
})()`
