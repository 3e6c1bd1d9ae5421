/**
 * Why a moment was not answered with a command. One row a reason, in the fixed order: all that apply are recorded, the
 * first is the decision's code. Documents, metrics and the console take codes and meanings from here.
 */
export type ReasonPurpose = 'marketing' | 'care' | 'service' | 'regulatory'

export interface Reason {
  readonly code: string
  /** Purposes that the reason holds back. */
  readonly purposes: readonly ReasonPurpose[]
  /** suppressed: for good; deferred: judged again in full when the reason ends, if the moment lives that long. */
  readonly outcome: 'suppressed' | 'deferred'
  /** by itself, at a time that is known: the decision's `until`. never: by what somebody does, or not at all */
  readonly ends: 'always' | 'sometimes' | 'never'
  readonly meaning: { readonly en: string; readonly zh: string }
}

const all = ['marketing', 'care', 'service', 'regulatory'] as const
const commercial = ['marketing', 'care'] as const

/** The chain, in order. */
export const chainReasons = [
  {
    code: 'expired',
    purposes: all,
    outcome: 'suppressed',
    ends: 'never',
    meaning: {
      en: 'The moment is past its expiry, or its subscriber has left since.',
      zh: '关键时刻已过期，或用户此后已销户。',
    },
  },
  {
    code: 'consent',
    purposes: commercial,
    outcome: 'suppressed',
    ends: 'sometimes',
    meaning: {
      en: 'There is no consent for this channel and purpose; a missing one counts as refused.',
      zh: '用户未同意该渠道和用途的触达；没有记录视为拒绝。',
    },
  },
  {
    code: 'protected',
    purposes: commercial,
    outcome: 'suppressed',
    ends: 'sometimes',
    meaning: {
      en: "The subscriber is under 18 where they are, stands on the regulator's register, or the check of it is missing or too old.",
      zh: '用户在当地未满 18 岁，或在监管机构的保护名册上，或名册核查缺失或过期。',
    },
  },
  {
    code: 'do-not-disturb',
    purposes: commercial,
    outcome: 'suppressed',
    ends: 'sometimes',
    meaning: {
      en: 'A do-not-disturb interval is open, or the subscriber or the policy blocks this category and channel at this time of this day.',
      zh: '用户处于免打扰时段，或用户偏好、策略在该日该时段屏蔽了此类别与渠道。',
    },
  },
  {
    code: 'open-issue',
    purposes: commercial,
    outcome: 'suppressed',
    ends: 'always',
    meaning: { en: 'A complaint is open.', zh: '用户有未解决的投诉。' },
  },
  {
    code: 'live-call',
    purposes: ['marketing', 'care', 'service'],
    outcome: 'suppressed',
    ends: 'always',
    meaning: { en: 'The subscriber is in a call with the hotline.', zh: '用户正在与客服热线通话。' },
  },
  {
    code: 'quiet-hours',
    purposes: ['marketing', 'care', 'service'],
    outcome: 'deferred',
    ends: 'always',
    meaning: {
      en: 'It is quiet time where the subscriber is: waits until its end, and is given up if it expires first.',
      zh: '用户所在地处于安静时段：推迟至时段结束；若先过期则放弃。',
    },
  },
  {
    code: 'cap',
    purposes: ['marketing'],
    outcome: 'suppressed',
    ends: 'always',
    meaning: { en: 'The subscriber has had as many touches as a cap allows.', zh: '触达次数已达上限。' },
  },
  {
    code: 'gap',
    purposes: commercial,
    outcome: 'suppressed',
    ends: 'always',
    meaning: { en: 'The last touch is too recent.', zh: '距上次触达间隔过短。' },
  },
  {
    code: 'cooling',
    purposes: ['marketing'],
    outcome: 'suppressed',
    ends: 'always',
    meaning: {
      en: 'The subscriber said no lately, and is left alone for a time.',
      zh: '用户近期拒绝过推荐，处于拒绝后的冷却期。',
    },
  },
  {
    code: 'ineligible',
    purposes: ['marketing', 'care', 'service'],
    outcome: 'suppressed',
    ends: 'sometimes',
    meaning: {
      en: 'None of the offers is for this subscriber now: they have the product, or one that conflicts, lack one that it needs, are in another segment, or something has to be repaired first.',
      zh: '所有推荐项此时均不适用于该用户：已拥有该产品或冲突产品、缺少前置产品、不属于目标细分，或应先修复问题。',
    },
  },
  {
    code: 'budget',
    purposes: commercial,
    outcome: 'suppressed',
    ends: 'sometimes',
    meaning: {
      en: 'A budget of money or of capacity that it would draw on is spent, or has let go of no more until now; or what was granted of it is not known.',
      zh: '所需的费用预算或人力容量已用完，或当前尚未释放更多额度；或无法得知已发放的额度。',
    },
  },
  {
    code: 'priority',
    purposes: commercial,
    outcome: 'suppressed',
    ends: 'never',
    meaning: { en: 'Something else was worth more to say.', zh: '另有更值得触达的内容。' },
  },
  {
    code: 'holdout',
    purposes: ['marketing'],
    outcome: 'suppressed',
    ends: 'never',
    meaning: {
      en: 'The subscriber is held out of all marketing, or of this campaign, to measure what it brings.',
      zh: '用户属于全部营销或该活动的对照组，用于衡量效果。',
    },
  },
] as const satisfies readonly Reason[]

/** Outside the chain: nothing else is judged. */
export const otherReasons = [
  {
    code: 'rule-withdrawn',
    purposes: all,
    outcome: 'suppressed',
    ends: 'never',
    meaning: {
      en: 'The rule, or everything that the moment offered, is no longer in the catalogue.',
      zh: '该规则或其全部推荐项已从目录中撤下。',
    },
  },
  {
    code: 'reason-ended',
    purposes: all,
    outcome: 'suppressed',
    ends: 'never',
    meaning: {
      en: 'What it would have been said for has ended (the balance was topped up, the bill is paid): the `until` of its rule came first.',
      zh: '触达的原因已消失（例如已充值、账单已缴）：规则的 until 事件已先发生。',
    },
  },
  {
    code: 'not-a-pilot',
    purposes: all,
    outcome: 'suppressed',
    ends: 'never',
    meaning: {
      en: 'It is for pilots, whom the policy lists, and the subscriber is none of them.',
      zh: '该内容仅面向策略所列的试点用户，该用户不在其中。',
    },
  },
  {
    code: 'shadow',
    purposes: all,
    outcome: 'suppressed',
    ends: 'never',
    meaning: {
      en: 'The rule is on trial: its moments are recorded and counted, never sent.',
      zh: '该规则处于试运行（影子）状态：只记录和统计，不触达用户。',
    },
  },
  {
    code: 'repeated',
    purposes: all,
    outcome: 'suppressed',
    ends: 'sometimes',
    meaning: {
      en: 'The rule has contacted the subscriber within its `once` already, or is about to.',
      zh: '该规则在其 once 期限内已触达过该用户，或即将触达。',
    },
  },
  {
    code: 'paused',
    purposes: all,
    outcome: 'deferred',
    ends: 'never',
    meaning: {
      en: 'An operator has paused it: it is judged again in full once that is lifted, and is given up if it expires first.',
      zh: '运营人员已暂停该触达：恢复后重新完整判定；若先过期则放弃。',
    },
  },
  {
    code: 'unrenderable',
    purposes: all,
    outcome: 'suppressed',
    ends: 'never',
    meaning: {
      en: 'A value that the message would put in is missing, or not fit to be said; half a message is never sent.',
      zh: '消息中要填入的值缺失或不适合发送；绝不发送不完整的消息。',
    },
  },
  {
    code: 'channel-down',
    purposes: all,
    outcome: 'suppressed',
    ends: 'never',
    meaning: {
      en: 'The system has nothing that sends through this channel; or nothing gets through it now, and there was another way.',
      zh: '系统未接入该渠道；或该渠道当前不通，而另有其他渠道可用。',
    },
  },
  {
    code: 'no-address',
    purposes: all,
    outcome: 'suppressed',
    ends: 'always',
    meaning: {
      en: 'Lately the subscriber had no address for this channel, and no profile has brought one since.',
      zh: '近期该用户在该渠道没有可用地址，此后也没有资料更新地址。',
    },
  },
  {
    code: 'no-reach',
    purposes: all,
    outcome: 'suppressed',
    ends: 'sometimes',
    meaning: {
      en: "The channel doesn't reach this subscriber now (they haven't used the app lately, say), or is kept for what is more urgent.",
      zh: '该渠道目前触达不到该用户（例如近期未登录应用），或仅用于更紧急的内容。',
    },
  },
  {
    code: 'reached',
    purposes: all,
    outcome: 'suppressed',
    ends: 'never',
    meaning: {
      en: 'An earlier attempt has reached the subscriber after all: it need not be said again through another channel.',
      zh: '此前的触达最终已送达用户，无需再通过其他渠道重复。',
    },
  },
  {
    code: 'variant-stopped',
    purposes: all,
    outcome: 'suppressed',
    ends: 'never',
    meaning: {
      en: 'What the campaign tries with this subscriber was stopped by a guardrail, and nothing stands in for it.',
      zh: '该用户所在的活动实验组已被护栏规则停止，且未设替代内容。',
    },
  },
  {
    code: 'crowded',
    purposes: commercial,
    outcome: 'suppressed',
    ends: 'never',
    meaning: {
      en: 'The engine was catching up after an outage, and too many moments of the subscriber were waiting for that.',
      zh: '引擎在中断后追赶期间，该用户等待判定的关键时刻过多。',
    },
  },
] as const satisfies readonly Reason[]

export type ChainCode = (typeof chainReasons)[number]['code']
export type ReasonCode = ChainCode | (typeof otherReasons)[number]['code']

const purposesOf: ReadonlyMap<string, readonly ReasonPurpose[]> = new Map(
  [...chainReasons, ...otherReasons].map((reason) => [reason.code, reason.purposes]),
)

/** The table has a cross for this reason and purpose. */
export const holdsBack = (code: ReasonCode, purpose: ReasonPurpose): boolean => purposesHeldBack(code).includes(purpose)

export const purposesHeldBack = (code: ReasonCode): readonly ReasonPurpose[] => purposesOf.get(code) ?? []
