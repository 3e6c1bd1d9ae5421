import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.ts'
import { useBrowser } from './browser.ts'
import { somebody, startPhoneProcess } from './phone-process.ts'

const { open, faultsOf } = useBrowser()
const desk = { width: 1100, height: 900 }
const timeout = 90_000
const patience = { deadlineMs: 20_000 }

/** Wait for a text of the page, which the engine has to go through all its services for. */
const says = (page: Page, selector: string, text: RegExp) =>
  waitFor(`${text} in ${selector}`, async () => text.test((await page.locator(selector).textContent()) ?? ''), patience)

test('an SMS is read and answered as a conversation', { timeout }, async () => {
  const { topUp, page: url, newest } = await startPhoneProcess()
  await topUp('bank')
  const { page, complaints } = await open(url, desk)
  await says(page, '#texts', /1 GB for you: reply YES/)
  expect(await page.locator('#phone-title').textContent()).toBe(`Phone of ${somebody}`)
  await page.getByLabel('Reply by SMS').fill('STOP <b>please</b>')
  await page.getByRole('button', { name: 'Send' }).click()
  await says(page, '#texts .own', /STOP <b>please<\/b>/)
  expect((await newest())?.answers.map(({ text }) => text)).toEqual(['STOP <b>please</b>'])
  expect(await page.locator('#phone b').count()).toBe(0)
  expect(complaints).toEqual([])
})

test('a push is opened', { timeout }, async () => {
  const { topUp, page: url, newest } = await startPhoneProcess()
  const { page } = await open(url, desk)
  await topUp('app')
  await page.getByRole('button', { name: 'Open' }).click({ timeout: 20_000 })
  await says(page, '#notifications', /opened/)
  expect(await newest()).toMatchObject({ channel: 'push', status: 'clicked' })
})

test('a call rings at the page that is open, is answered, and a key is pressed, all by keyboard', {
  timeout,
}, async () => {
  const { topUp, page: url, onPhone } = await startPhoneProcess()
  const { page, complaints } = await open(url, desk)
  await says(page, '#state', /you are at the phone/)
  await topUp('store')
  await says(page, '#rings', /A call comes in/)
  expect(await page.locator('#keys').isVisible()).toBe(false)
  await page.getByRole('button', { name: 'Answer' }).focus()
  await page.keyboard.press('Enter')
  await says(page, '#said', /1 GB for you: press 1/)
  expect(await page.evaluate('document.activeElement.textContent')).toBe('1')
  expect(await page.getByRole('button', { name: 'Decline' }).isVisible()).toBe(false)
  await page.keyboard.press('Enter')
  await says(page, '#calls', /Heard; pressed 1/)
  expect(await page.evaluate('document.activeElement.id')).toBe('phone-title')
  expect(await onPhone()).toEqual(['ivr delivered'])
  expect(complaints).toEqual([])
})

test('a call is pushed away, and an SMS comes instead', { timeout }, async () => {
  const { topUp, page: url } = await startPhoneProcess()
  const { page } = await open(url, desk)
  await says(page, '#state', /you are at the phone/)
  await topUp('store')
  await page.getByRole('button', { name: 'Decline' }).click({ timeout: 20_000 })
  await says(page, '#calls', /Declined/)
  await says(page, '#texts', /1 GB for you: press 1/)
})

test('a phone that push doesn’t reach gets an SMS', { timeout }, async () => {
  const { topUp, page: url, onPhone } = await startPhoneProcess()
  const { page } = await open(url, desk)
  await says(page, '#phone-title', /Phone of/)
  await page.getByLabel('push').check()
  await topUp('app')
  await says(page, '#texts', /1 GB for you: open it/)
  expect(await onPhone()).toEqual(['sms delivered', 'push undelivered'])
})

test('phones that were reached lately are found from the live page', { timeout }, async () => {
  const { topUp, url } = await startPhoneProcess()
  await topUp('bank')
  const { page } = await open(url, desk)
  await page.locator('#phone').click({ timeout: 20_000 })
  await page.getByRole('link', { name: somebody }).click({ timeout: 20_000 })
  await says(page, '#phone-title', /Phone of/)
  expect(await page.locator('#subscriber').inputValue()).toBe(somebody)
})

test.each([
  { width: 320, height: 640, colorScheme: 'dark' },
  { width: 1100, height: 900, colorScheme: 'light' },
] as const)('at $width pixels it is fit for everybody ($colorScheme)', { timeout }, async (view) => {
  const { topUp, page: url, newest } = await startPhoneProcess()
  const { page } = await open(url, view)
  for (const method of ['bank', 'app'] as const) await topUp(method)
  await says(page, '#notifications', /delivered/)
  await says(page, '#texts', /delivered/)
  await topUp('store')
  await page.getByRole('button', { name: 'Answer' }).waitFor({ timeout: 20_000 })
  const fit = { wide: [], cut: [], faint: [], unfit: [] }
  expect(await faultsOf(page)).toEqual(fit)
  await page.getByRole('button', { name: 'Answer' }).click()
  await page.getByRole('button', { name: 'Hang up' }).waitFor()
  expect(await faultsOf(page)).toEqual(fit)
  expect((await newest())?.status).toBe('talking')
})

test('where all channels are real there is no phone', { timeout }, async () => {
  const real = { KEYMOMENT_SMS_CHANNEL: 'smpp', KEYMOMENT_SMPP_URL: 'smpp://user:password@127.0.0.1:9' }
  const { url } = await startPhoneProcess({ ...real, KEYMOMENT_PUSH_CHANNEL: 'off', KEYMOMENT_IVR_CHANNEL: 'off' })
  const response = await fetch(`${url}/phone`)
  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({ code: 'KM_SANDBOX_OFF' })
})
