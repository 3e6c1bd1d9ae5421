import { linkMark } from '../../domain/message-link.ts'
import { type SmsEncoding, type SmsSize, sizeOfSms } from '../../domain/sms-text.ts'
import type { Catalogue, Offer } from '../catalogue.ts'
import { withOptOut } from './opt-out.ts'
import { createRenderer } from './render.ts'
import { sampleOf, samples } from './sample-values.ts'
import { readTemplate } from './template.ts'
import { kindOfFactor, type Value } from './values.ts'

/** How long the text of an offer in a language becomes over sample values. */
export interface MessageSize {
  readonly offer: string
  readonly language: string
  /** The larger alphabet where both occur: some of the values are not in GSM 03.38. */
  readonly encoding: SmsEncoding
  /** In the units of `SmsSize`. */
  readonly least: SmsSize
  readonly greatest: SmsSize
  /** The longest of them. */
  readonly text: string
}

/** Of each offer that is said by SMS and each language, in the order of the catalogue, with how to opt out where a marketing rule lists the offer. */
export function messageSizes(catalogue: Catalogue): readonly MessageSize[] {
  const { ruleset, offers, policy } = catalogue
  const render = createRenderer(catalogue)
  const marketed = new Set(ruleset.rules.flatMap((rule) => (rule.purpose === 'marketing' ? rule.offers : [])))
  const sampled = sampler(catalogue)
  const bySms = offers.filter(({ channels = ['sms'] }) => channels.includes('sms'))
  return bySms.flatMap((offer) =>
    Object.entries(offer.channelMessages?.sms ?? offer.message).flatMap(([language, source]) => {
      const optOut = marketed.has(offer.id) ? policy.optOutText?.[language] : undefined
      const said = Array.from({ length: samples }, (_, i) => {
        const evidence = sampled(source, i)
        const telling = { evidence, offer, at: sampleTime, language, zone: policy.defaultTimeZone, linkAs: linkMark }
        return render(source, telling).text
      }).filter((text) => text !== undefined)
      return sizeOf(offer, language, optOut === undefined ? said : said.map((text) => withOptOut(text, optOut)))
    }),
  )
}

const sampleTime = Date.UTC(2026, 8, 30, 12)

function sizeOf({ id }: Offer, language: string, texts: readonly string[]): readonly MessageSize[] {
  const sized = texts.map((text) => ({ text, size: sizeOfSms(text) }))
  sized.sort(({ size: a }, { size: b }) => a.parts - b.parts || a.length - b.length)
  const [least] = sized
  const greatest = sized.at(-1)
  if (!least || !greatest) return []
  const encoding = sized.some(({ size }) => size.encoding === 'ucs2') ? 'ucs2' : 'gsm7'
  return [{ offer: id, language, encoding, least: least.size, greatest: greatest.size, text: greatest.text }]
}

/** Makes evidence for a text: of each factor in it the i-th sample. */
function sampler({ ruleset, tags }: Catalogue): (source: string, i: number) => Readonly<Record<string, Value>> {
  const factors = new Map(ruleset.factors.map((factor) => [factor.id, factor]))
  const listed = new Map(tags.map(({ id, values }) => [id, values]))
  return function sample(source, i) {
    const evidence: Record<string, Value> = {}
    for (const piece of readTemplate(source, () => undefined)) {
      const factor = typeof piece === 'string' ? undefined : factors.get(piece.name)
      if (!factor || typeof piece === 'string') continue
      const { definition } = factor
      const texts = definition.kind === 'tag' ? listed.get(definition.tag) : undefined
      evidence[factor.id] = sampleOf(piece, kindOfFactor(factor), i, texts)
    }
    return evidence
  }
}
