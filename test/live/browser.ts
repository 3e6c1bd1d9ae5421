import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { chromiumOptions } from '../support/chromium.ts'

interface View {
  readonly width: number
  readonly height: number
  readonly locale?: string
  readonly colorScheme?: 'light' | 'dark'
}

/** What is wrong with a page as it is shown now, each an element. */
interface PageFaults {
  /** Reaches over the right edge. */
  readonly wide: readonly string[]
  readonly cut: readonly string[]
  /** Text whose contrast with its ground is below AA's 4.5. */
  readonly faint: readonly string[]
  /** Against a rule of WCAG 2.2 A or AA, as far as axe-core can tell. */
  readonly unfit: readonly string[]
}

/** A real browser for a file of tests. */
export function useBrowser() {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch(chromiumOptions())
  })
  afterAll(() => browser.close())
  return {
    /** Opens the page; whatever the browser complains of is in `complaints`. */
    async open(url: string, { width, height, ...rest }: View): Promise<{ page: Page; complaints: string[] }> {
      const context = await browser.newContext({
        viewport: { width, height },
        locale: 'en-GB',
        // The page's policy lets no script in but its own.
        bypassCSP: true,
        ...rest,
      })
      onTestFinished(() => context.close())
      const page = await context.newPage()
      const complaints: string[] = []
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('requestfailed', (request) => complaints.push(`${request.url()} failed`))
      await page.goto(url)
      return { page, complaints }
    },

    async faultsOf(page: Page): Promise<PageFaults> {
      await page.addScriptTag({ content: axe.source })
      const looked = await page.evaluate<Omit<PageFaults, 'unfit'>>(lookAtPage)
      return { ...looked, unfit: await page.evaluate<string[]>(askAxe) }
    },
  }
}

const askAxe = `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ' ' + target.join(' '))))`

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
