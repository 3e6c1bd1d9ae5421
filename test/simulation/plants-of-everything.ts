import type { AppendRecord, EventLog } from '../../services/flow/event-log.ts'
import type { Command, Decision, Receipt } from '../../services/records/types.ts'
import { topics } from '../../services/topology.ts'
import { type Alter, alteredFeed, alteredForAdoption } from './altered.ts'
import type { Planted } from './plants.ts'
import { codec } from './run.ts'
import type { ServiceUnderTest } from './services-under-test.ts'

/** A planted bug, what the judge says of it, and which service's states go back for it to show. */
interface PlantOfEverything extends Planted {
  readonly found: RegExp
  readonly goesBack?: readonly ServiceUnderTest[]
}

/** Another value for records of the schema; the others come as they are. */
const of =
  <Value>(schema: 'receipt', change: (value: Value) => Value | undefined): Alter =>
  (topic, value) =>
    topic.schema === schema ? ((change(value as unknown as Value) as object | undefined) ?? undefined) : value

const only = (service: ServiceUnderTest, change: (log: EventLog) => EventLog) => ({
  log: (log: EventLog, own: ServiceUnderTest) => (own === service ? change(log) : log),
})

const withoutCancellations: Alter = (topic, value) =>
  topic.schema === 'command' && (value as Partial<Command>).cancelled_because != null ? undefined : value

const adopting = (alter: Alter) => only('decide', (log) => alteredForAdoption(log, alter))

/** As a decision that is adopted without what it lost to, and what came of that. */
function forgettingLosers(): Planted {
  const lost = new Set<string>()
  const decided = ({ topic }: AppendRecord) => topic === topics.decisions.name
  return only('decide', (log) => ({
    ...alteredForAdoption(log, (topic, value) => {
      const { moment_id = '', code = null } = value as Partial<Decision>
      const isAgain = topic.schema === 'command' || (topic.schema === 'decision' && code !== 'priority')
      return isAgain && lost.has(moment_id) ? undefined : value
    }),
    append(records) {
      for (const { value } of records.filter(decided)) {
        const { moment_id, code } = codec.decode('decision', Buffer.from(value), 0, value.length)
        if (code === 'priority') lost.add(moment_id)
      }
      return log.append(records)
    },
  }))
}

/** Bugs that an engine may have which says things by several channels, and has people who say them too. */
export const plantsOfEverything: Readonly<Record<string, PlantOfEverything>> = {
  'fallback that forgets after adoption which attempt it was': {
    found: /attempts that don't count up|said twice|without its decision|commanded twice|decided twice/,
    goesBack: ['decide'],
    ...adopting((topic, value) =>
      topic.schema === 'command' || topic.schema === 'decision' ? { ...value, attempt: 1 } : value,
    ),
  },

  'fallback behind a message that may have left': {
    found: /follows what may have left/,
    ...only('decide', (log) =>
      alteredFeed(log, () =>
        of<Receipt>('receipt', (receipt) =>
          receipt.status === 'unknown' ? { ...receipt, status: 'failed', code: 'undelivered' } : receipt,
        ),
      ),
    ),
  },

  // Whoever claims a send hasn't heard that the subscriber has said no since it was commanded.
  'consent is not looked at again when a send is claimed': {
    found: /left without consent|sent though it was taken back/,
    ...only('deliver', (log) => alteredFeed(log, () => withoutCancellations)),
  },

  'what lost is judged again twice': {
    found: /decided twice|judged again behind/,
    goesBack: ['decide'],
    ...forgettingLosers(),
  },
}
