import { didYouMean } from '../domain/nearest-name.ts'
import { chainReasons, otherReasons } from '../domain/reason-codes.ts'
import type { Decision } from '../records/types.ts'
import { channels } from '../topology.ts'
import { instantOf, type TimeFrame } from './time-text.ts'
import type { ExpectedDecision } from './timeline.ts'
import type { Word } from './words.ts'

const codes = [...chainReasons, ...otherReasons].map(({ code }): string => code)

export const isDecisionWord = (text: string): text is ExpectedDecision['outcome'] =>
  text === 'command' || text === 'suppressed' || text === 'deferred' || text === 'withdrawn'

/** `command [OFFER] [channel=CHANNEL] [team=TEAM] [tier=TIER] [until TIME] [text=TEXT]` (a task is due then), `suppressed CODE [+CODE…] [until TIME]`, `deferred CODE [+CODE…] [until TIME]`, `withdrawn CODE [+CODE…]`: what stands behind the first word. */
export function readDecision(
  outcome: ExpectedDecision['outcome'],
  words: readonly Word[],
  frame: TimeFrame,
): ExpectedDecision | { readonly message: string; readonly offset: number | undefined } {
  let about: string | undefined
  let until: number | undefined
  let text: string | undefined
  let channel: string | undefined
  let team: string | undefined
  let tier: string | undefined
  const also: string[] = []
  for (const word of words) {
    if (word.kind === 'name' && about === undefined) about = word.text
    else if (word.kind === 'name' && word.text.startsWith('+') && outcome !== 'command') {
      const code = word.text.slice(1)
      if (!codes.includes(code))
        return { message: `no reason '${code}'${didYouMean(code, codes)}`, offset: word.offset }
      also.push(code)
    } else if (word.kind === 'time' && word.name === 'until') until = instantOf(word.time, frame)
    else if (word.kind === 'pair' && word.name === 'text' && outcome === 'command') text = word.plain
    else if (word.kind === 'pair' && word.name === 'team' && outcome === 'command') team = word.plain
    else if (word.kind === 'pair' && word.name === 'tier' && outcome === 'command') tier = word.plain
    else if (word.kind === 'pair' && word.name === 'channel' && outcome === 'command') {
      channel = word.plain
      if (!channels.some((known) => known === channel)) return unknownChannel(word.plain, word.valueOffset)
    } else {
      const takes =
        outcome === 'command'
          ? 'an offer, channel=…, team=…, tier=…, until TIME and text=…'
          : "a code, +code of others and 'until TIME'"
      return { message: `behind '${outcome}' comes ${takes}`, offset: word.offset }
    }
  }
  if (outcome !== 'command' && (about === undefined || !codes.includes(about))) {
    const named = about === undefined ? `which reason? as in '${outcome} quiet-hours'` : `no reason '${about}'`
    return { message: `${named}${about === undefined ? '' : didYouMean(about, codes)}`, offset: words[0]?.offset }
  }
  return { outcome, about, also: also.length > 0 ? also : undefined, until, text, channel, team, tier }
}

export const unknownChannel = (name: string, offset: number) => ({
  message: `no channel '${name}'${didYouMean(name, channels)}`,
  offset,
})

/** In the words of a line. */
export const decisionText = (
  { outcome, about, also = [], until, text, channel, team, tier }: ExpectedDecision,
  when: (at: number) => string,
): string =>
  [
    outcome,
    about ?? '',
    ...also.map((code) => `+${code}`),
    channel === undefined ? '' : `channel=${channel}`,
    team === undefined ? '' : `team=${team}`,
    tier === undefined ? '' : `tier=${tier}`,
    until === undefined ? '' : `until ${when(until)}`,
    text === undefined ? '' : `text=${JSON.stringify(text)}`,
  ]
    .filter((part) => part !== '')
    .join(' ')

/** A decision as a line would say it. */
export const saidOf = (decision: Decision): ExpectedDecision => {
  const { outcome, code, codes: all, offer, until, text, channel, evidence } = decision
  return {
    outcome: outcome === 'recorded' ? 'suppressed' : outcome,
    about: (outcome === 'command' ? offer : code) ?? undefined,
    also: all.length > 1 ? all.slice(1) : undefined,
    until: until ?? instantFact(evidence['task.due_at']),
    team: textFact(evidence['task.team']),
    tier: textFact(evidence['task.tier']),
    text: text ?? undefined,
    channel: (outcome === 'command' ? channel : undefined) ?? undefined,
  }
}

const textFact = (fact: unknown): string | undefined => (typeof fact === 'string' ? fact : undefined)
const instantFact = (fact: unknown): number | undefined => (typeof fact === 'number' ? fact : undefined)

/** What the line says is so; what it leaves out isn't compared. */
export const isAsExpected = (
  expected: ExpectedDecision,
  { outcome, about, also, until, text, channel, team, tier }: ExpectedDecision,
): boolean =>
  expected.outcome === outcome &&
  (expected.about === undefined || expected.about === about) &&
  (expected.also === undefined || expected.also.join() === also?.join()) &&
  (expected.until === undefined || expected.until === until) &&
  (expected.team === undefined || expected.team === team) &&
  (expected.tier === undefined || expected.tier === tier) &&
  (expected.text === undefined || expected.text === text) &&
  (expected.channel === undefined || expected.channel === channel)
