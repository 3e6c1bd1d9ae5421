import { type Campaign, offersOfRule } from '../campaigns.ts'
import type { Offer } from '../catalogue.ts'
import { type Problem, type ProblemCode, problem } from '../problem.ts'
import type { Rule } from '../ruleset.ts'
import type { Path, SourceNode } from '../source.ts'
import { checkOutput } from './check-output.ts'
import { type KnownByMessages, variableOf } from './known-variables.ts'
import { type Output, readTemplate } from './template.ts'

/**
 * Holds the texts of all offers against what they may put in, and what the policy wants of them; what is wrong is added to
 * `problems`, located inside the text. Offers whose shape is wrong have been told. Campaigns put offers in the place of others.
 */
export function checkMessages(
  nodes: readonly SourceNode[],
  campaigns: readonly Campaign[],
  known: KnownByMessages,
  problems: Problem[],
): void {
  for (const [node, offer] of firstOf(nodes, known.offers)) {
    const listing = known.rules.filter((rule) => offersOfRule(rule, campaigns).has(offer.id))
    for (const text of textsOf(offer)) checkText(text, { node, offer, listing, known }, problems)
  }
}

/** The same for what variants of campaigns say of an offer in place of its own text. */
export function checkVariantMessages(
  nodes: readonly SourceNode[],
  campaigns: ReadonlyMap<string, Campaign | undefined>,
  known: KnownByMessages,
  problems: Problem[],
): void {
  for (const [node, campaign] of firstOf(nodes, campaigns)) {
    campaign.variants.forEach(({ messages }, index) => {
      for (const [id, message] of Object.entries(messages)) {
        const offer = known.offers.get(id)
        if (!offer) continue
        const listing = known.rules.filter((rule) => rule.campaign === campaign.id && rule.offers.includes(id))
        for (const text of textsOf({ ...offer, message })) {
          const path = ['variants', index, 'messages', id]
          if (text.path[0] === 'message') checkText({ ...text, path }, { node, offer, listing, known }, problems)
        }
      }
    })
  }
}

/** The first node of each id, and what it is without fault. */
function firstOf<T>(
  nodes: readonly SourceNode[],
  known: ReadonlyMap<string, T | undefined>,
): readonly [SourceNode, T][] {
  const seen = new Set<string>()
  return nodes.flatMap((node): [SourceNode, T][] => {
    const { id } = node
    if (id === undefined || seen.has(id)) return []
    seen.add(id)
    const found = known.get(id)
    return found === undefined ? [] : [[node, found]]
  })
}

interface OfferText {
  readonly path: Path
  readonly language: string
  readonly source: string
  /** undefined: no SMS is made of it. */
  readonly channel: 'sms' | undefined
  /** It is said in calls. */
  readonly isSpoken: boolean
}

interface About {
  readonly node: SourceNode
  readonly offer: Offer
  readonly listing: readonly Rule[]
  readonly known: KnownByMessages
}

function checkText({ path, language, source, channel, isSpoken }: OfferText, about: About, problems: Problem[]): void {
  const { node, offer, listing, known } = about
  const lacksCurrency = known.policy !== undefined && known.policy.currency === undefined
  const fault = (code: ProblemCode, message: string, offset: number) =>
    problems.push(problem(code, message, node.within([...path, language], offset)))
  checkTemplate(
    source,
    (output, tell) => {
      if (isSpoken && output.name === 'offer.link') return tell('KM_TEMPLATE_VARIABLE', noLinkInCalls, output.offset)
      const variable = variableOf(output.name, { offer, listing, language, known }, (code, message) =>
        fault(code, message, output.offset),
      )
      if (variable) checkOutput(output, variable, { language, lacksCurrency }, tell)
    },
    fault,
  )
  const optOut = known.policy?.optOutText
  const isMarketing = listing.some(({ purpose }) => purpose === 'marketing')
  if (isMarketing && channel === 'sms' && optOut && !Object.hasOwn(optOut, language)) {
    const message = `it is marketing, and opt_out_text of policy.yaml has no '${language}'; add how to opt out in that language`
    problems.push(problem('KM_POLICY_OPT_OUT', message, node.atKey(path, language)))
  }
}

const noLinkInCalls =
  "a call cannot say 'offer.link'; give the offer a text of its own for ivr in its channel_messages, without it"

/** All that may be said of an offer, and where it stands. */
function textsOf({ message, channels = ['sms'], channelMessages = {} }: Offer): readonly OfferText[] {
  const isSms = channels.includes('sms') && !channelMessages.sms
  const isSpoken = channels.includes('ivr') && !channelMessages.ivr
  const texts: (Omit<OfferText, 'language' | 'source'> & { texts: Offer['message'] })[] = [
    { path: ['message'], texts: message, channel: isSms ? 'sms' : undefined, isSpoken },
  ]
  for (const [channel, own] of Object.entries(channelMessages)) {
    const path = ['channel_messages', channel]
    texts.push({ path, texts: own, channel: channel === 'sms' ? channel : undefined, isSpoken: channel === 'ivr' })
  }
  return texts.flatMap(({ texts: byLanguage, ...about }) =>
    Object.entries(byLanguage).map(([language, source]) => ({ ...about, language, source })),
  )
}

type Tell = (code: ProblemCode, message: string, offset: number) => void

function checkTemplate(source: string, check: (output: Output, tell: Tell) => void, fault: Tell): void {
  let isReadable = true
  const pieces = readTemplate(source, (message, offset) => {
    isReadable = false
    fault('KM_TEMPLATE_SYNTAX', message, offset)
  })
  for (const piece of pieces) if (typeof piece !== 'string') check(piece, fault)
  if (isReadable && pieces.every((piece) => (typeof piece === 'string' ? piece.trim() === '' : mayBeBlank(piece)))) {
    fault('KM_TEMPLATE_EMPTY', 'there may be nothing in this message; give it a text beside what may be missing', 0)
  }
}

/** What is put in is never blank; what is said in its place may be. */
const mayBeBlank = ({ calls }: Output): boolean =>
  calls.some(({ name, values: [value] }) => name === 'default' && typeof value === 'string' && value.trim() === '')
