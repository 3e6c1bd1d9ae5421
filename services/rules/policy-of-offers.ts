import type { Policy } from './catalogue.ts'
import { checkSegment, type KnownSegments } from './known-segments.ts'
import type { RawPolicy } from './raw.ts'
import type { Subject } from './subject.ts'

/** What a policy says about offers: what waits for a repair, and in which order they are tried. */
export function offersBySegment(
  { repair_first, offer_order }: RawPolicy,
  subject: Subject,
  segments: KnownSegments,
): Pick<Policy, 'repairFirst' | 'offerOrder'> {
  for (const segment of Object.keys(repair_first ?? {})) {
    checkSegment(segment, segments, subject, ['repair_first', segment])
  }
  const seen = new Set<string>()
  offer_order?.forEach(({ segment }, index) => {
    const path = ['offer_order', index, 'segment']
    checkSegment(segment, segments, subject, path)
    if (seen.has(segment)) {
      const message = `'${segment}' has an order already, and the first holds; leave one out`
      subject.fault('KM_CATALOGUE_REPEATED', message, path)
    }
    seen.add(segment)
  })
  const repairFirst = Object.entries(repair_first ?? {}).map(([segment, kinds]) => ({ segment, kinds }))
  return {
    ...(repairFirst.length > 0 && { repairFirst }),
    ...(offer_order && { offerOrder: offer_order }),
  }
}
