import { describe, expect, it } from 'vitest'
import { didYouMean, didYouMeanOneOf, nearestName } from '../../services/domain/nearest-name.ts'

const known = ['recharge', 'complaint', 'cdr', 'app-usage', 'KEYMOMENT_KAFKA_BROKERS']

describe('the name that was probably meant', () => {
  it.each([
    // given, meant
    ['recharg', 'recharge'],
    ['rechrage', 'recharge'],
    ['Recharge', 'recharge'],
    ['CDR', 'cdr'],
    ['cbr', 'cdr'],
    ['app_usage', 'app-usage'],
    ['KEYMOMENT_KAFKA_BROKER', 'KEYMOMENT_KAFKA_BROKERS'],
    ['sms', undefined],
    ['x', undefined],
    ['', undefined],
    ['charge-backs', undefined],
    [`recharge${'e'.repeat(93)}`, undefined],
  ])('%s: %s', (given, meant) => {
    expect(nearestName(given, known)).toBe(meant)
  })

  it('is none where nothing is known', () => {
    expect(nearestName('recharge', [])).toBeUndefined()
  })

  it('reads as the end of a sentence', () => {
    expect(didYouMean('recharg', known)).toBe("; did you mean 'recharge'?")
    expect(didYouMean('weather', known)).toBe('')
    expect(didYouMeanOneOf('weather', ['first', 'change'])).toBe('; known: first, change')
  })
})
