import { createEslDialler, type EslSettings, eslDefaults } from '../../services/deliver/adapters/ivr/esl.ts'
import { createIvrChannel, type IvrSettings, ivrDefaults } from '../../services/deliver/adapters/ivr/ivr.ts'
import { wallClock } from '../../services/flow/clock.ts'
import type { Reply } from '../../services/records/types.ts'
import { startSender, type UnderTest } from './sender-under-test.ts'

export interface IvrUnderTest extends UnderTest {
  replies(): readonly Reply[]
  /** `status code reply` of a command, once each is there: what is told of it behind the answer to its send. */
  toldOf(commandId: string): string
}

/** A sender that calls through an event socket, with short times, so that a test needn't wait. */
export function startIvrSender(
  url: string,
  changes: Partial<IvrSettings> = {},
  esl: Partial<EslSettings> = {},
): IvrUnderTest {
  const underTest = startSender(
    (log) =>
      createIvrChannel(
        { ...ivrDefaults, lines: 4, perSecond: 100, ringMs: 3_000, keyWaitMs: 1_000, marginMs: 1_000, ...changes },
        createEslDialler(
          {
            ...eslDefaults,
            url,
            dial: 'sofia/gateway/carrier/{number}',
            callerId: '10086',
            reconnectMs: { first: 50, longest: 200 },
            ...esl,
          },
          log,
        ),
        wallClock,
        log,
      ),
    { name: 'ivr' },
  )
  const replies = () => underTest.appended.filter((value): value is Reply => 'digits' in value)
  return Object.assign(underTest, {
    replies,
    toldOf(commandId: string) {
      const [receipt] = underTest.receipts().filter((one) => one.command_id === commandId)
      const [reply] = replies().filter((one) => one.in_reply_to === commandId)
      const said = [receipt?.status, receipt?.code, reply && `${reply.digits}=${reply.action}`]
      return said.filter((word) => word != null).join(' ')
    },
  })
}
