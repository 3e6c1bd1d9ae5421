import { channels as allChannels, type Channel } from '../topology.ts'
import type { Text } from './ruleset.ts'
import type { Path } from './source.ts'
import type { Subject } from './subject.ts'

/** What a result can mean, in the order in which people are shown them. */
export const resultMeanings = [
  'accepted',
  'intends',
  'refused',
  'opted-out',
  'call-back',
  'follow-up',
  'not-reached',
  'wrong-person',
  'done',
  'problem-user',
  'false-user',
] as const
export type ResultMeaning = (typeof resultMeanings)[number]

/** A code by which people say how it went. */
export interface TaskResult {
  readonly id: string
  readonly title: Text
  readonly means: ResultMeaning
  /** Of an opt-out: through which the subscriber wants no marketing any more. */
  readonly channels: readonly Channel[]
}

const usualTitles: Readonly<Record<ResultMeaning, Text>> = {
  accepted: { en: 'Accepted', zh: '同意办理' },
  intends: { en: 'Interested, not decided yet', zh: '有意向，尚未办理' },
  refused: { en: 'Refused', zh: '拒绝' },
  'opted-out': { en: 'Wants no more marketing', zh: '不再接受营销' },
  'call-back': { en: 'Call back at another time', zh: '约定时间回拨' },
  'follow-up': { en: 'To be followed up', zh: '需继续跟进' },
  'not-reached': { en: 'Not reached', zh: '未接通' },
  'wrong-person': { en: 'Not the subscriber', zh: '非机主本人' },
  done: { en: 'Done', zh: '已完成' },
  'problem-user': { en: 'Problem user', zh: '问题用户' },
  'false-user': { en: 'False user', zh: '虚假用户' },
}

/** Where a policy lists none: one of each meaning. */
const usualResults: readonly TaskResult[] = resultMeanings.map((means) => ({
  id: means,
  title: usualTitles[means],
  means,
  channels: means === 'opted-out' ? allChannels : [],
}))

type RawResult = {
  readonly id: string
  readonly title: Text
  readonly means: ResultMeaning
  readonly channels?: readonly Channel[]
}

export function resultsOf(raw: readonly RawResult[] | undefined, subject: Subject, path: Path): readonly TaskResult[] {
  if (!raw) return usualResults
  return raw.map(({ id, title, means, channels }, index) => {
    if (channels && means !== 'opted-out') {
      const message = `only of an opt-out is it asked through which channels; leave it out, or say means: opted-out`
      subject.fault('KM_TASK_RESULT', message, [...path, index, 'channels'])
    }
    return { id, title, means, channels: means === 'opted-out' ? (channels ?? allChannels) : [] }
  })
}
