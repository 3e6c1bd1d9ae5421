import type { english } from './english.ts'

type Said = typeof english
type Unit = Parameters<Said['present']>[0]

/** The same in Chinese. */
export const chinese: Said = {
  unknown: '未知',
  never: '永不',
  list: (items) => items.join('，'),
  or: (items) => items.join(' 或 '),
  orEach: (items) => items.join('，或 '),
  because: (reason) => `（${reason}）`,
  length: (days, hours, minutes, seconds) => {
    if (days > 0) return hours > 0 ? `${days}天${hours}小时` : `${days}天`
    if (hours > 0) return minutes > 0 ? `${hours}小时${minutes}分钟` : `${hours}小时`
    return minutes > 0 ? `${minutes}分钟` : `${seconds}秒`
  },

  isUnknown: (name, because) => `${name} 未知${because}`,
  seenIn: (said, condition) => `${said}，见 ${condition}`,
  isButNeeds: (name, value, needed) => `${name} 为 ${value}，须 ${needed}`,
  is: (name, value) => `${name} 为 ${value}`,
  isNot: (name, value) => `${name} 为 ${value}，而不应如此`,
  withValues: (said, values) => `${said}：${values}`,
  calendarEnds: '用户所用日历未知，或日历数据已到期',
  eventHasNone: (type, time) => `${time} 的 ${type} 没有此字段`,
  noEvent: '尚无此类事件，或不在已读取的事件之中',

  rule: (id, said) => `规则 ${id} ${said}`,
  identityEnded: (time) => `不作判断：用户身份已于 ${time} 终止，此后该号码无人使用`,
  neverAgain: '终身只触发一次，不再触发（once: lifetime）',
  notBefore: (time) => `${time} 之前不再触发`,
  once: (until, length) => `${until}（once: ${length}）`,
  remembered: (time) =>
    `未触发：所关注的情形在 ${time} 成立，但可能是旧习惯（预热期或已知历史），或发现时已晚 7 天以上，因此只记下，未告知任何人`,
  fired: (time) => `已于 ${time} 触发`,
  firedOnce: (time, until) => `已于 ${time} 触发；${until}`,
  only: (reason) => `限定条件 only：${reason}`,
  waits: (reason) => `正在等待：${reason}`,
  firedLast: (time) => `上次触发于 ${time}`,
  didNotFire: (reason) => `未触发：${reason}`,
  notSince: (time, reason) => `上次触发于 ${time}，此后未再触发：${reason}`,
  firedWhileAway: (time, since) => `曾于 ${time} 触发，之后规则停用直至 ${since}：那次触发仍限制它`,
  judgedNext: (next) => `条件现已成立，${next}判断`,
  nextAt: (time) => `将于 ${time} `,
  nextPeriod: '待有可判断的内容后，在下一周期开始时',
  itsDay: (day, time) => `其日期为 ${day}，时刻 ${time}`,
  noDayOf: (field) => `用户资料中没有 ${field}，或该日已过`,
  noDay: '没有可等待的日期',
  open: (said) => `处于开启状态：${said}`,
  openSince: (key, since, until) => `${key === '' ? '' : `${key} `}自 ${since} 起，最迟至 ${until}`,
  nothingOpen: (opener) => `没有开启的区间：由 ${opener} 开启`,
  itsDate: '其日期',
  noCrossing: '条件成立，且上次判断时已成立，不算越线：须先变为不成立',
  rearmNow: '该条件现已满足，下次判断时生效',
  rearm: (missing) => `曾经成立，须先满足 rearm 才会再次触发：${missing}`,
  firstIsNoCrossing: '未曾在不成立时被判断：首次见到的值不算越线',
  noProfileTag: (tag) => `尚未收到用户资料，无法得知以前是否发生过（标签 '${tag}'）`,
  tagged: (tag) => `标签 '${tag}' 表明以前发生过`,
  warmsUp: (until) => `预热期至 ${until}：此前发生的只记下，不告知`,
  knownHistory: (reason) => `已知历史：${reason}`,
  holdsNow: '所要求的各项现已全部成立',
  holdsAndJudgedAfter: (events) => `所要求的各项现已全部成立；须有 ${events} 到来才判断，尚无此类事件`,
  holdsOnlyNow: (events) =>
    `所要求的各项现已全部成立，但最近一次 ${events} 到来时尚未成立：其所读的其他内容在此之后才到达或改变，下一次到来时再判断`,
  onTrial: '试运行规则（mode: shadow）：只记录关键时刻，从不发送',
  inForceSince: (time) => `自 ${time} 起生效；此前发生的不告知`,
  versionSince: (time) => `现行版本自 ${time} 起生效`,
  held: (count, until) => `有 ${count} 个事件待宽限期过后才计入，最后一个至 ${until}（settle: grace）`,
  inexact: '已达到某项上限：繁忙窗口内的值可能略有偏差',

  mustStayAway: (events, until, noticed) => `${until} 之前不得出现 ${events}${noticed}`,
  noticedAt: (time) => `，宽限期过后于 ${time} 判定`,
  armedBy: (event, time) => `由 ${time} 的事件 ${event} 开始等待`,
  cancelledBy: (time, by) => `被 ${time} 的事件取消（${by === 'unless' ? 'unless' : '不得出现的事件已出现'}）`,
  stepNotMet: (step, of, name, events, count) => `第 ${step} 步（共 ${of} 步）'${name}'（${events}）尚未满足${count}`,
  timesOf: (count, times) => `，已 ${count} 次，须 ${times} 次`,
  stepMet: (name, times) => `'${name}' 已于 ${times} 满足`,
  within: (until, length) => `全部须在 ${until} 之前到来（within ${length}）`,
  noChain: (events) => `已无等待中的序列：${events} 已按时到来，或期限已过`,
  stepsMet: '各步均已满足，待下一个完成序列的事件到来即触发',

  noMoment: '此前七天内没有关键时刻',
  newestMoment: (rule, became) => `${rule}：${became}`,
  unknownToDetect: '检测服务没有此用户的任何信息',
  identityEndedAt: (time) => `；用户身份已于 ${time} 终止`,
  itsMoment: (became) => `其关键时刻的结果：${became}`,

  notDecided: '决策服务尚未记录其结果',
  heldUntilRead: (time) => `自 ${time} 起暂缓，直至读完日志中已有的全部记录：其中可能有不应触达的理由`,
  commanded: (channel, time, offer, consent, became) =>
    `已于 ${time} 下令通过 ${channel} 发送：优惠 ${offer}${consent}；${became}`,
  told: (status, time, code) => `${time} 回执 ${status}${code === '' ? '' : `（${code}）`}`,
  tried: (times, last) => `已尝试 ${times} 次，最近一次在 ${last}，尚无回音`,
  nothingHeard: '尚无回音',
  aChannel: '某渠道',
  thenNext: '；随后',
  restingOn: (consent) => `，依据用户同意 ${consent}`,
  recorded: (time) => `已于 ${time} 记录：没有可发送的内容`,
  heldBack: (outcome, code, time) =>
    outcome === 'withdrawn'
      ? `其命令于 ${time} 因 ${code} 撤回，若尚未发出则不再发出`
      : `于 ${time} 被 ${code} ${outcome === 'deferred' ? '推迟' : '拦下'}`,
  nothingKnown: '未知原因',
  meaning: (meaning) => `（${meaning.replace(/。$/, '')}）`,
  until: (time) => `，至 ${time}`,
  facts: (facts) => `：${facts}`,
  others: (codes) => `；${codes} 同样会拦下`,
  fact: (name, value) => `${facts[name] ?? name} ${value}`,
  considered: (time) => `于 ${time} 考虑过，优先者在前：`,
  candidate: (offer, channel, worth, taken, against) =>
    `${offer}，${channel}${worth}：${taken ? '选中' : ''}${taken && against !== '' ? '，但 ' : ''}${against}`,
  worth: (score, odds) => `，价值 ${score}${odds}`,
  odds: (percent, explored, yeses, messages) =>
    `（接受概率 ${percent} %${explored ? '，属抽样试探' : ''}：${messages} 次中 ${yeses} 次）`,
  judgedBy: (version, rest) => `判定依据目录 ${version}${rest === '' ? '' : `；${rest}`}`,
  ofCampaign: (campaign) => `活动 ${campaign}`,
  ofVariant: (variant) => `方案 ${variant}`,
  heldOut: '属对照组，不发送',
  byPreferences: (ref) => `偏好凭据 ${ref}`,
  byRegister: (ref) => `名册核查 ${ref}`,
  asCommand: (command) => `命令 ${command}`,

  wholeLife: '整个在网期间',
  rolling: (length) => `最近 ${length}，精确`,
  panes: (pane, before, least, most) => `当前 ${pane} 格及此前 ${before} 格，非精确：${least} 至 ${most}`,
  newestEvents: (count) => (count === 1 ? '最新一个事件' : `最新 ${count} 个事件`),
  sinceNewest: (events) => `自最新一次 ${events} 起`,
  present: (unit) => presentPeriods[unit],
  presentAndBefore: (unit, before) => `${presentPeriods[unit]}及此前 ${before} ${units[unit]}`,
  fullPeriods: (unit, periods, later) =>
    later === 0
      ? `最近 ${periods} 个完整${names[unit]}`
      : `最近 ${later} 个完整${names[unit]}之前的 ${periods} 个完整${names[unit]}`,
  where: (events, condition) => `${events}（${condition}）`,
  aggregate: (kind, value, events) => `${events} ${value === undefined ? '' : `的 ${value} `}的${aggregates[kind]}`,
  ofTag: (tag) => `最新一份含标签的用户资料中的标签 '${tag}'`,
  byQuantiles: ({ of, cuts, thresholds, measured }) => {
    const steps = cuts.map((cut, i) => `${thresholds[i]} 起为 ${cut}`).join('，')
    const source = measured ? `${measured.at} 对 ${measured.subscribers} 名用户测得的分位门槛` : '声明的门槛（未测量）'
    return `${of} 按${source}：${steps}`
  },
  ofProducts: (products) => `用户资料中的产品是否包含 ${products}`,
  ofConsent: (channel, purpose) => `是否同意以 ${channel} 用于 ${purpose}`,
  cadence: (measure, events) => `${events} 间隔的 ${measure}，以小时计`,
  baseline: (value, events, halfLife) => `${events} ${sumOrCount(value)}的通常水平，半衰期 ${halfLife}`,
  trend: (value, events) => `${events} ${sumOrCount(value)}的斜率`,
  streak: (condition, value, events) => `连续满足 ${condition} 的周期数，value 为 ${events} ${sumOrCount(value)}`,

  noTag: (tag) => `没有用户资料给出可读取的标签 '${tag}'`,
  noProducts: '没有用户资料给出产品',
  notNamed: '没有用户资料给出此项',
  isItself: (factor, why) => `${factor} 未知：${why}`,
  nothingToDivide: '除数为零（窗口内没有事件）',
  noNumber: '其值不是数',
  fewPeriods: (firstSight, unit, full, needed) =>
    `首次见到于 ${firstSight}：此后有 ${full} 个完整${names[unit]}，须有 ${needed} 个`,
  noAnchor: (events) => `尚无 ${events}，或其后没有事件`,
  segmentUnchanged: '尚未见其变化',
  inNoSegment: '尚未见其分群',
  notTwo: (events) => `尚无两个有值的 ${events}`,
  fewerThan: (count, events) => `${events} 尚不足 ${count} 个`,
  noneYet: (events, hasValue) => `尚无${hasValue ? '有值的' : ''} ${events}`,
  noneInWindow: (events, hasValue) => `窗口内没有${hasValue ? '有值的' : ''} ${events}`,

  headRules: '规则',
  headRule: (rule, title) => `规则 ${rule}：${title}`,
  headFactors: '因子',
  headMoments: '关键时刻，最新在前',
  headDecide: '决策',
  nothingIsKnown: '没有信息',
  subscriberOn: (id, shard, zone) => `用户 ${id}，分片 ${shard}，时间以 ${zone} 计`,
  asOf: (time, source) => `截至 ${time}，${source}`,
  catalogueVersion: (number, hash, since) =>
    `目录版本 ${number}（${hash}）${since === undefined ? '' : `，自 ${since} 起生效`}`,
  theIdentityEnded: (time) => `用户身份已于 ${time} 终止`,
  firstSeen: (time, newest) => `首次见到 ${time}；最新事件：${newest}`,
  segments: (cells) => `分群：${cells}`,
  heldForGrace: (type, event, time, judged) => `宽限期内待判：${time} 的 ${type} ${event}，将于 ${judged} 判断`,
  fromState: (stands, behind) => `取自已提交的状态：${stands}；${behind}`,
  nothingCommitted: '尚无提交',
  clockStands: (time, ago) => `其时钟为 ${time}${ago === undefined ? '' : `，${ago}前`}`,
  behind: (records) => (records === 0 ? '日志中的内容已全部计入' : `该分片尚有 ${records} 条记录未计入`),
  fromLog: (records, own, refused, cut) =>
    `重读日志所得：该分片 ${records} 条记录，其中此用户 ${own} 条${refused}${cut}`,
  deadLetters: (count) => `；其中 ${count} 条为死信`,
  cut: '；日志已不含最初部分：更早的内容在此缺失',
  othersQuiet: (count) => `另有 ${count} 条规则未触发；用 --rule 指定其一可查看原因`,
  nextJudged: (judged, asOf) => `下次于 ${judged} 判断，以 ${asOf} 为准`,
  event: (type, id, time) => `事件：${time} 的 ${type} ${id}`,
  condition: '条件',
  edge: (state) => `越线状态：${edges[state] ?? state}`,
  step: (name, times, at) =>
    `步骤 ${name}${times > 1 ? `（${times} 次）` : ''}：${at === undefined ? '未满足' : `已于 ${at} 满足`}`,
  wasCancelled: (by, time) => `于 ${time} 被 ${by} 取消`,
  armed: (event, time, deadline, judged) =>
    `等待中：由 ${time} 的 ${event} 开始，期限 ${deadline}，将于 ${judged} 判断`,
  knownHistoryHead: '已知历史',
  fromTo: (from, to) => `${from} 至 ${to}`,
  events: (count) => `${count} 个事件`,
  more: (count) => `另有 ${count} 项`,
  noTime: '时间已不在日志中',
  trial: '（试运行）',
  later: '（晚于所查询的时间）',
  noticed: (time) => `，于 ${time} 发现`,
  interval: (phase, code, key, until) => `${phases[phase] ?? phase} ${code} ${key}，至 ${until}`,
  consent: (granted, what, from, ref) =>
    granted ? `已同意：${what}，自 ${from} 起（${ref}）` : `已拒绝：${what}（${ref}）`,
  noConsent: '没有任何同意：凡须同意的均被拦下',
  hasProducts: (products) => `已有产品：${products}`,
  boundUntil: (day) => `合约至 ${day}`,
  blocked: (what, from, ref) => `用户拒收：${what === '' ? '所有营销与关怀' : what}，自 ${from} 起（${ref}）`,
  register: (listed, checked, ref) => `${listed ? '在' : '不在'}监管名册上，核查于 ${checked}（${ref}）`,
  openInterval: (code, rule, since, until, what) =>
    `开启中：${code}，由 ${rule} 自 ${since} 起，最迟至 ${until}${what === '' ? '' : `（${what}）`}`,
  cap: (id, purposes, count, most) => `上限 ${id}（${purposes}）：${count}/${most}`,
  capReached: (until) => `，已达上限${until === undefined ? '' : `，至 ${until}`}`,
  gap: (length, purpose, last, until) => `${purpose} 间隔 ${length}：上次触达 ${last}，至 ${until}`,
  touch: (time, purpose, channel, state, command) =>
    `触达 ${time}：${purpose}，${channel}，${touches[state] ?? state}（${command}）`,
  answered: (refused, time, offer, rule) =>
    `${refused ? '拒绝' : '接受'} ${time}：${offer ?? '不知所指'}${rule === null ? '' : `（${rule}）`}`,
  waitsUntil: (time, rule, moment) => `等待至 ${time}：${rule ?? '某关键时刻'}（${moment}）`,
  waitsToHear: (time, rule, moment) =>
    `自 ${time} 起暂缓，直至读完日志中已有的全部记录：${rule ?? '某关键时刻'}（${moment}）`,
  waitsForResume: (pause, rule, moment) => `等待暂停 ${pause} 解除：${rule ?? '某关键时刻'}（${moment}）`,
  prefersChannel: (channel, stated, time) =>
    stated ? `用户资料表明偏好 ${channel}，自 ${time} 起` : `最近一次通过 ${channel} 回应，于 ${time}`,
  noAddress: (channel, time) => `${channel} 无可用地址，截至 ${time}`,
  mayFallBack: (channel, attempt, command, until) =>
    `已通过 ${channel} 发送（第 ${attempt} 次，${command}）；若失败${until === undefined ? '' : `或到 ${until} 仍未送达`}，将改用其他渠道`,
  competesUntil: (time, rule, moment) =>
    `等待至 ${time}，与其他可能更有价值的内容比较：${rule ?? '某关键时刻'}（${moment}）`,
  lostTo: (command, rule, moment) =>
    `让位于命令 ${command}，若其未发出则重新判定：${rule ?? '某关键时刻'}（${moment}）`,
  takenBack: (command) => `命令 ${command} 已撤回，此后尚无回执`,
  contacted: (rule, time) => `曾因 ${time} 的 ${rule} 触达`,
}

const edges: Readonly<Record<string, string>> = {
  unknown: '未知',
  below: '不成立',
  above: '成立',
  spent: '已用，待 rearm',
}
const phases: Readonly<Record<string, string>> = { open: '开启', close: '关闭' }
const touches: Readonly<Record<string, string>> = { reserved: '已预留', counted: '已计入', released: '已释放' }

const units: Readonly<Record<Unit, string>> = {
  hour: '小时',
  day: '天',
  week: '周',
  month: '个月',
  'billing-month': '个账期',
}
const names: Readonly<Record<Unit, string>> = {
  hour: '小时',
  day: '天',
  week: '周',
  month: '月',
  'billing-month': '账期',
}
const presentPeriods: Readonly<Record<Unit, string>> = {
  hour: '本小时',
  day: '今天',
  week: '本周',
  month: '本月',
  'billing-month': '本账期',
}

const aggregates: Readonly<Record<Parameters<Said['aggregate']>[0], string>> = {
  count: '次数',
  sum: '合计',
  min: '最小值',
  max: '最大值',
  last: '最新值',
  first: '首个值',
  previous: '次新值',
  current: '当前值',
  before: '最近一次变化前的值',
  'change-date': '最近一次变化的日期',
  'change-age': '距最近一次变化的小时数',
  became: '变为某值的次数',
  'last-time': '最近时间',
  distinct: '不同值个数',
  entropy: '熵',
  'top-share': '最常见者占比',
  mode: '最常见值',
}

/** Of the evidence of decisions. */
const facts: Readonly<Record<string, string>> = {
  'last touch': '上次触达',
  length: '间隔',
  until: '至',
  since: '自',
  at: '时间',
  rule: '规则',
  key: '编号',
  state: '状态',
  ref: '凭据',
  reason: '原因',
  id: '编号',
  count: '已有',
  most: '上限',
  last: '上次',
  once: '间隔',
  waiting: '等待中',
  'time zone': '时区',
  'identity ended': '身份终止',
  'expires first': '先到期',
  winner: '胜出的关键时刻',
  'winner rule': '胜出规则',
  'winner score': '胜出得分',
  score: '得分',
  'lost to': '让位于命令',
}

const sumOrCount = (value: string | undefined): string => (value === undefined ? '的次数' : `的 ${value} 合计`)
