import type { Offer } from '../catalogue.ts'
import { type Problem, type ProblemCode, problem } from '../problem.ts'
import type { Path, SourceNode } from '../source.ts'
import { checkOutput } from './check-output.ts'
import { type KnownByMessages, variableOf } from './known-variables.ts'
import { type Output, readTemplate } from './template.ts'

/**
 * Holds the texts of all offers against what they may put in, and what the policy wants of them; what is wrong is added to
 * `problems`, located inside the text. Offers whose shape is wrong have been told.
 */
export function checkMessages(nodes: readonly SourceNode[], known: KnownByMessages, problems: Problem[]): void {
  const seen = new Set<string>()
  for (const node of nodes) {
    const { id } = node
    const offer = id === undefined || seen.has(id) ? undefined : known.offers.get(id)
    if (id !== undefined) seen.add(id)
    if (!offer) continue
    const listing = known.rules.filter(({ offers }) => offers.includes(offer.id))
    const isMarketing = listing.some(({ purpose }) => purpose === 'marketing')
    for (const { path, language, source, channel } of textsOf(offer)) {
      const fault = (code: ProblemCode, message: string, offset: number) =>
        problems.push(problem(code, message, node.within([...path, language], offset)))
      checkTemplate(
        source,
        (output, tell) => {
          const variable = variableOf(output.name, { offer, listing, language, known }, (code, message) =>
            fault(code, message, output.offset),
          )
          if (variable) checkOutput(output, variable, { language, currency: known.policy?.currency }, tell)
        },
        fault,
      )
      const optOut = known.policy?.optOutText
      if (isMarketing && channel === 'sms' && optOut && !Object.hasOwn(optOut, language)) {
        const message = `it is marketing, and opt_out_text of policy.yaml has no '${language}'; add how to opt out in that language`
        problems.push(problem('KM_POLICY_OPT_OUT', message, node.atKey(path, language)))
      }
    }
  }
}

interface OfferText {
  readonly path: Path
  readonly language: string
  readonly source: string
  /** undefined: no SMS is made of it. */
  readonly channel: 'sms' | undefined
}

/** All that may be said of an offer, and where it stands. */
function textsOf({ message, channels = ['sms'], channelMessages = {} }: Offer): readonly OfferText[] {
  const isSms = channels.includes('sms') && !channelMessages.sms
  const texts = [{ path: ['message'], texts: message, channel: isSms ? ('sms' as const) : undefined }]
  for (const [channel, own] of Object.entries(channelMessages)) {
    const path = ['channel_messages', channel]
    texts.push({ path, texts: own, channel: channel === 'sms' ? channel : undefined })
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
