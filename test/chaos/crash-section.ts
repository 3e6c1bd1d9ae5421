import type { CrashMatrix } from './crash-matrix.ts'
import type { Cell } from './crash-trial.ts'

const heading = '## The crash matrix'

const columns: readonly (readonly [head: string, cell: (cell: Cell) => string | number])[] = [
  ['killed', ({ point }) => point],
  ['purpose', ({ purpose }) => purpose],
  ['kill -9', ({ kills }) => kills],
  ['left once', ({ left }) => left.once],
  ['left more often', ({ left }) => left.moreOften],
  ['never left', ({ left }) => left.never],
  ['told: accepted or delivered', ({ told }) => told.accepted],
  ['told: unknown', ({ told }) => told.unknown],
  ['nothing told', ({ told }) => told.nothing],
  ['told falsely', ({ toldFalsely }) => toldFalsely],
]

const rowOf = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`

/** The matrix as a section of the page. @param command what repeats it */
export function crashSection({ cells, missed, minutes }: CrashMatrix, command: string): string {
  const when = new Date().toISOString().slice(0, 16).replace('T', ' ')
  const took = `${when} UTC, in ${minutes.toFixed(1)} minutes: \`${command}\`. Kills that missed their point, and are left out: ${missed}.`
  const table = [columns.map(([head]) => head), columns.map(() => '---')].map(rowOf)
  const rows = cells.map((cell) => rowOf(columns.map(([, of]) => of(cell))))
  return [heading, '', introduction, '', took, '', ...table, ...rows, ''].join('\n')
}

/** The section as a page has it, at its end; '': it has none. */
export function crashSectionOf(text: string): string {
  const from = text.indexOf(`${heading}\n`)
  return from < 0 ? '' : text.slice(from)
}

const introduction = `One process of deliver sends one command and is killed by kill -9 at an exact point; then the next one is started. Nothing in deliver
helps: a proxy before its Redis, or the SMSC, stands still. Whether the kill struck its point is read from outside, from the times on
the log and with the SMSC (a process of its own, another make):

- **before the attempt is logged**: Redis has the claim, and its answer is held;
- **between the log and the send**: the attempt is on the log; what is written before each send is held on its way to Redis;
- **between the send and its answer**: the SMSC has taken the message and keeps silent;
- **between the answer and the receipt**: the SMSC has answered; the commit with the receipt is held on its way to Redis.

Marketing must never leave twice, and what is in doubt must be told as unknown; what serves must leave at least once.

A message of service in doubt is sent again after two minutes, three times in all, and then told as unknown. So that no trial's kill
strikes what another left in doubt, trials of service pause every minute until all of them is told; up to then deliver lives.`
