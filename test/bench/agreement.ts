import { number, table } from './page.ts'
import type { Verdict } from './peers/oracle.ts'
import type { Measured } from './report.ts'

/** Sets of edges under which the oracle is asked, the reference's own first, all of ours last (`Edges.java`). */
export const edgesAsked = ['', 'rearm', 'ids', 'within', 'own', 'rearm,ids,within,own'] as const

/** The hash of the oracle's moments of the whole job which the reference names: the stream and the oracle are its own. */
const referenceHash = 'b683cc21'

const meanings: Readonly<Record<string, string>> = {
  rearm:
    "KM-1 doesn't arm an absence within 24 hours of its last firing; ours is armed at once, and `once: 24h` is judged when it is due, so that a subscriber who stays low is told of again after 24 hours",
  ids: 'KM-1 remembers the last four ids of a topic; ours remembers all of the grace',
  within: 'KM-1 takes what is exactly an hour, or the whole wait, apart as within it; ours does not',
  own: "KM-1 gives a moment which a late event completes the newest time of its topic; ours the completing event's own",
}

const leftShown = 20

interface Difference {
  readonly missing: readonly string[]
  readonly extra: readonly string[]
}

export function difference(moments: readonly string[], expected: ReadonlySet<string>): Difference {
  const got = new Set(moments)
  return {
    missing: [...expected].filter((moment) => !got.has(moment)),
    extra: [...got].filter((moment) => !expected.has(moment)),
  }
}

/** How the moments of each engine compare with the oracle's, one by one: subscriber, rule and time. */
export function agreementText(measured: readonly Measured[], verdicts: readonly Verdict[], whole: boolean): string {
  const [reference] = verdicts
  const ours = verdicts.at(-1)
  if (!reference || !ours) throw new RangeError('the oracle was not asked')
  const rows = measured.map(({ name, results }) => {
    const cells = [reference, ours].map(({ moments }) => {
      const each = results.map((result) => difference(result.moments, moments))
      return [...new Set(each.map(({ missing, extra }) => `${missing.length} / ${extra.length}`))].join('; ')
    })
    const counts = [...new Set(results.map(({ moments }) => moments.length))].map((count) => number(count))
    const doubled = results.map(({ moments }) => moments.length - new Set(moments).size)
    return [name, counts.join('; '), String(Math.max(...doubled)), ...cells]
  })
  const explained = edgesAsked.slice(1).map((edges, i) => {
    const { missing, extra } = difference([...(verdicts[i + 1]?.moments ?? [])], reference.moments)
    const why = meanings[edges] ?? 'all of them: ours'
    return [edges, why, number(missing.length), number(extra.length)]
  })
  const hash = whole
    ? ` Its moments have the hash ${reference.hash}; the reference names ${referenceHash}${reference.hash === referenceHash ? ': the same stream, the same oracle' : ': **another stream or another oracle**'}.`
    : ''
  return `The oracle (\`peers/core/src/main/java/km1/Oracle.java\`: one thread, no framework) read the very stream and found ${number(reference.moments.size)} moments of ${number(reference.subscribers)} subscribers, ${number(reference.duplicates)} duplicates dropped.${hash} Compared moment by moment (subscriber, rule, time), all runs; every engine was catching up, all of the stream lay on its log before it began:

${table(['engine', 'moments', 'twice', 'missing / more than the oracle', 'missing / more than the oracle with our edges'], rows)}

Where \`SEMANTICS\` and KM-1 differ, the oracle was asked again with that edge changed; what an edge takes away and adds:

${table(['edge', 'what it is', 'fewer', 'more'], explained)}

${leftText(measured, ours)}

- Flink doesn't merge its topics by time: while it catches up they race days apart, and rules over two topics go wrong.
`
}

/** What the edges leave to explain in the moments of our own engines. */
function leftText(measured: readonly Measured[], { moments: expected }: Verdict): string {
  const own = measured.flatMap(({ results }) => results.filter((result) => result.own !== undefined))
  const lines = own.flatMap(({ moments }) => {
    const { missing, extra } = difference(moments, expected)
    return [...missing.map((moment) => `    missing ${moment}`), ...extra.map((moment) => `    more    ${moment}`)]
  })
  if (lines.length === 0)
    return "With them nothing is left to explain: all moments of ours, embedded and on Kafka and Redis, are the oracle's."
  return `Left to explain in ours (subscriber, rule, time):\n\n${[...new Set(lines)].slice(0, leftShown).join('\n')}`
}
