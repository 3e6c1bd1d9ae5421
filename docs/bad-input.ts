import { code, table } from './table.ts'

export interface BadInput {
  readonly what: string
  /** Codes of receipts, of refusals and of the log. */
  readonly codes: readonly string[]
  readonly becomes: string
  /** The test that shows it: its file, and words of its title or of its row. */
  readonly shown: { readonly file: string; readonly as: string }
}

const own = 'test/deliver/bad-input.test.ts'

/** What channels are handed or told that is wrong. A test holds the codes and the tests that are named against the sources. */
export const badInput: readonly BadInput[] = [
  {
    what: 'a profile with a number that is none',
    codes: ['KM_FIELD_FORMAT'],
    becomes: 'ingest refuses it, with the field',
    shown: { file: 'test/records/jsonl.test.ts', as: 'addresses.sms KM_FIELD_FORMAT' },
  },
  {
    what: 'the same, written to the log by somebody else',
    codes: ['no-address'],
    becomes: '`failed`, with the detail that an address is known; the next channel has its turn',
    shown: { file: own, as: 'is an address that no text is sent to' },
  },
  {
    what: 'a number that only the SMSC knows to be none',
    codes: ['refused'],
    becomes: '`failed`, with the name of the status',
    shown: { file: 'test/deliver/smpp.test.ts', as: 'a refused number is refused, with the name of the status' },
  },
  {
    what: 'a text of 2,000 characters',
    codes: ['text-too-long'],
    becomes: '`failed` before any part leaves',
    shown: { file: 'test/deliver/smpp-messages.test.ts', as: 'a text of 2,000 characters is refused' },
  },
  {
    what: 'a template that may render empty',
    codes: ['KM_TEMPLATE_EMPTY'],
    becomes: 'the catalogue is refused, with file, line and column',
    shown: { file: 'test/rules/templates/checks.test.ts', as: 'KM_TEMPLATE_EMPTY' },
  },
  {
    what: 'one that renders empty all the same',
    codes: ['unrenderable'],
    becomes: 'decide says why, and commands nothing',
    shown: { file: 'test/decide/messages.test.ts', as: 'unrenderable' },
  },
  {
    what: 'a command of somebody else whose text is empty',
    codes: ['empty-text'],
    becomes: '`failed` before it is claimed; the next channel has its turn',
    shown: { file: own, as: 'an empty text' },
  },
  {
    what: 'a campaign whose sender is none',
    codes: ['KM_CAMPAIGN_SENDER'],
    becomes: 'the catalogue is refused, with file, line and column',
    shown: { file: 'test/rules/campaigns.test.ts', as: 'KM_CAMPAIGN_SENDER' },
  },
  {
    what: 'a sender in the settings that is none',
    codes: ['KM_SETTINGS_INVALID'],
    becomes: 'the engine does not start',
    shown: { file: 'test/deliver/open-smpp.test.ts', as: 'KM_SETTINGS_INVALID' },
  },
  {
    what: 'a command of somebody else with such a sender',
    codes: ['sender-invalid'],
    becomes: '`failed` before it is claimed',
    shown: { file: own, as: 'a sender of twelve letters' },
  },
  {
    what: 'wrong or expired credentials: SMS',
    codes: ['KM_SMPP_BIND_REFUSED', 'KM_CHANNEL_DOWN'],
    becomes: 'nothing leaves; commands wait, unclaimed',
    shown: { file: 'test/deliver/smpp.test.ts', as: 'a wrong password is told as such' },
  },
  {
    what: 'the same: calls',
    codes: ['KM_ESL_REFUSED', 'KM_CHANNEL_DOWN'],
    becomes: 'nobody is called; commands wait, unclaimed',
    shown: { file: 'test/deliver/ivr.test.ts', as: 'a password that is refused is said, and nothing is called' },
  },
  {
    what: 'the same: push',
    codes: ['KM_PUSH_CREDENTIALS', 'channel-down'],
    becomes: 'nothing leaves; the circuit opens, and commands wait',
    shown: { file: 'test/deliver/fcm.test.ts', as: 'refused: the key was withdrawn' },
  },
  {
    what: 'the same: push to browsers',
    codes: ['KM_PUSH_CREDENTIALS'],
    becomes: 'the same, with the service’s own word in the log and in `readyz`',
    shown: { file: 'test/deliver/webpush.test.ts', as: 'KM_PUSH_CREDENTIALS' },
  },
  {
    what: 'the same: webhook',
    codes: ['KM_WEBHOOK_CREDENTIALS', 'channel-down'],
    becomes: 'the same: a 401 burns no message, and is in `readyz`',
    shown: { file: 'test/deliver/webhook.test.ts', as: '401, its secret is wrong' },
  },
  {
    what: 'a counterpart that answers garbage: SMS',
    codes: ['KM_SMPP_UNAVAILABLE', 'connection-lost'],
    becomes: 'the bind is made again; what waited for an answer is `unknown`',
    shown: { file: 'test/deliver/smpp.test.ts', as: 'bytes that are no PDU' },
  },
  {
    what: 'the same: any channel',
    codes: ['bad-answer', 'connection-lost'],
    becomes: 'what was under way is `unknown` at worst, and the channel goes on',
    shown: { file: 'test/conformance/channel.ts', as: 'garbage costs what was under way its answer at most' },
  },
  {
    what: 'half a PDU',
    codes: ['KM_SMPP_UNAVAILABLE'],
    becomes: '`enquire_link` notices; the bind is made again',
    shown: { file: 'test/deliver/smpp-messages.test.ts', as: 'half a PDU, and what comes behind it, cost the bind' },
  },
  {
    what: 'half an answer of a gateway',
    codes: ['connection-lost'],
    becomes: '`unknown`: it may have left',
    shown: { file: 'test/deliver/webhook.test.ts', as: 'half an answer' },
  },
  {
    what: 'a hang of three minutes: SMS',
    codes: ['no-answer', 'connection-lost', 'KM_SMPP_UNAVAILABLE'],
    becomes: 'what was submitted is `unknown`, what was not waits; nothing is sent twice',
    shown: { file: own, as: 'a hang of three minutes' },
  },
  {
    what: 'a hang: any channel',
    codes: ['no-answer'],
    becomes: '`unknown` once the answer’s time is over; the circuit opens after some',
    shown: { file: 'test/conformance/channel.ts', as: 'a counterpart that hangs leaves an unknown outcome' },
  },
  {
    what: 'a receipt for an unknown id',
    codes: ['KM_DELIVER_RECEIPT_UNKNOWN'],
    becomes:
      'acknowledged, counted, logged with state and id (of 8 digits and more the last two); kept for an hour for a submit that is answered late',
    shown: { file: own, as: 'a receipt for an unknown id has a code' },
  },
  {
    what: 'a receipt that cannot be read',
    codes: ['KM_DELIVER_UNREADABLE'],
    becomes: 'acknowledged, counted, and logged with why',
    shown: { file: own, as: 'a receipt of a state that is none' },
  },
  {
    what: 'a reply whose sender is written nationally, without `smpp.country`',
    codes: ['KM_DELIVER_UNREADABLE'],
    becomes:
      'acknowledged, counted, and logged with why; of an unknown type it is tried as an international number first',
    shown: { file: own, as: 'a message whose sender is no number' },
  },
  {
    what: 'the same receipt twice',
    codes: [],
    becomes: 'both are counted; its id is of command and status, so readers take it once',
    shown: { file: own, as: 'the same receipt twice is one' },
  },
  {
    what: 'a reply from an unknown number',
    codes: ['KM_DELIVER_SENDER_UNKNOWN'],
    becomes: 'acknowledged, counted, and logged without number and text, as it is nobody’s that Keymoment knows',
    shown: { file: own, as: 'a reply from an unknown number' },
  },
  {
    what: 'a text that no word explains',
    codes: [],
    becomes: 'kept for people, in the [inbox](human-channels.md#what-subscribers-write)',
    shown: { file: 'test/desk/inbox.test.ts', as: 'inbox' },
  },
  {
    what: 'a key pressed in an unknown call',
    codes: ['KM_DELIVER_REPLY_UNKNOWN'],
    becomes: 'counted, and logged with the call and what the key means',
    shown: { file: 'test/deliver/esl.test.ts', as: 'KM_DELIVER_REPLY_UNKNOWN' },
  },
]

export const badInputTable = (rows: readonly BadInput[]): string =>
  table(
    ['what', 'codes', 'what becomes of it', 'shown by'],
    rows.map(({ what, codes, becomes, shown }) => [
      what,
      codes.map(code).join(', ') || 'none: it is no fault',
      becomes,
      code(shown.file),
    ]),
  )
