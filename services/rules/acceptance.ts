import { didYouMean } from '../domain/nearest-name.ts'
import type { Channel } from '../topology.ts'
import type { Offer } from './catalogue.ts'
import { checkSegment, type KnownSegments } from './known-segments.ts'
import type { Problem } from './problem.ts'
import type { SourceNode } from './source.ts'
import { createSubject, type Subject } from './subject.ts'
import type { Tag } from './tags.ts'

/** How likely it is that somebody accepts an offer, 0..1: everywhere the same, or by what is known of the subscriber. */
export type Acceptance =
  | number
  | {
      /** Where nothing else is known. */
      readonly prior: number
      /** So many observations the priors stand for, above 0: what subscribers do is learned. undefined: nothing is. */
      readonly strength?: number
      /** The first that fits counts. */
      readonly by?: readonly {
        readonly segment?: string
        readonly channel?: Channel
        readonly prior: number
      }[]
      /** A tag whose value counts before all else, where a profile has it and it is 0..1. */
      readonly score?: string
    }

interface Known {
  readonly tags: ReadonlyMap<string, Tag | undefined>
  readonly segments: KnownSegments
}

/** Says what is wrong with the acceptances of offers whose shape is right. */
export function checkAcceptances(
  nodes: readonly SourceNode[],
  offers: ReadonlyMap<string, Offer | undefined>,
  known: Known,
  problems: Problem[],
): void {
  for (const node of nodes) {
    const offer = node.id === undefined ? undefined : offers.get(node.id)
    if (offer?.acceptance === undefined) continue
    const subject = createSubject(node, problems)
    if (offer.value === undefined) {
      const message = `offer '${offer.id}' has an acceptance and no value, so that there is nothing to weigh; add what an acceptance is worth, e.g. value: 3000`
      subject.fault('KM_OFFER_ACCEPTANCE', message, ['acceptance'])
    }
    if (typeof offer.acceptance !== 'number') checkParts(offer.acceptance, subject, known)
  }
}

function checkParts(
  { by = [], score }: Exclude<Acceptance, number>,
  subject: Subject,
  { tags, segments }: Known,
): void {
  by.forEach(({ segment, channel }, index) => {
    const path = ['acceptance', 'by', index]
    if (segment === undefined && channel === undefined) {
      const message = 'this is for everybody, as the prior is; name a segment, a channel or both'
      subject.fault('KM_OFFER_ACCEPTANCE', message, path)
    }
    const before = by.slice(0, index).findIndex((other) => isAtLeast(other, { segment, channel }))
    if (before >= 0) {
      const message = `item ${before + 1} before it fits wherever this does; move it in front of that, or leave it out`
      subject.fault('KM_OFFER_ACCEPTANCE', message, path)
    }
    if (segment !== undefined) checkSegment(segment, segments, subject, [...path, 'segment'])
  })
  if (score === undefined) return
  const path = ['acceptance', 'score']
  if (!tags.has(score)) {
    subject.fault('KM_TAG_UNKNOWN', `no tag '${score}' in tags/*.yaml${didYouMean(score, [...tags.keys()])}`, path)
    return
  }
  const type = tags.get(score)?.type
  if (type === undefined || type === 'double') return
  const message = `tag '${score}' is ${type === 'string' ? 'text' : type}; a score is a tag of type double, 0 to 1`
  subject.fault('KM_OFFER_ACCEPTANCE', message, path)
}

type Fit = { readonly segment?: string | undefined; readonly channel?: Channel | undefined }

/** Fits wherever the other does. */
const isAtLeast = (wide: Fit, narrow: Fit): boolean =>
  (wide.segment === undefined || wide.segment === narrow.segment) &&
  (wide.channel === undefined || wide.channel === narrow.channel)
