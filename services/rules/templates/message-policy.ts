import { didYouMean } from '../../domain/nearest-name.ts'
import type { Policy } from '../catalogue.ts'
import type { RawPolicy } from '../raw.ts'
import type { Subject } from '../subject.ts'

/** What a policy says of messages, from its raw form; what is wrong with it is told to the subject. */
export function checkMessagePolicy(
  { currency, variables, opt_out_text, segments_most }: RawPolicy,
  subject: Subject,
): Pick<Policy, 'currency' | 'variables' | 'optOutText' | 'segmentsMost'> {
  if (currency !== undefined && !currencies.includes(currency)) {
    const message = `'${currency}' is no currency of ISO 4217${meantBy(currency)}; write it like CNY`
    subject.fault('KM_CATALOGUE_VALUE', message, ['currency'])
  }
  return {
    ...(currency !== undefined && { currency }),
    ...(variables && { variables }),
    ...(opt_out_text && { optOutText: opt_out_text }),
    ...(segments_most !== undefined && { segmentsMost: segments_most }),
  }
}

/** As people call it, or near enough to be meant. */
const meantBy = (currency: string): string =>
  currency === 'RMB' ? `; did you mean 'CNY'?` : didYouMean(currency, currencies)

const currencies = Intl.supportedValuesOf('currency')
