/** Why a command ended as its receipt says: `code` of the receipts that deliver writes. Documents are made from this. */
export const deliverCodes = {
  'no-address': 'the subscriber has no address for the channel',
  'too-many-commands': 'more commands of one subscriber are open than deliver keeps; nothing left',
  expired: 'its not_after had passed; nothing left',
  'channel-down': 'the channel could not be reached in time; nothing left',
  throttled: 'the provider asked to slow down until it was too late; nothing left',
  'queue-full': 'too much was waiting for the channel until it was too late; nothing left',
  shed: 'more of its urgency was waiting for the channel than deliver keeps; nothing left',
  'provider-trouble': 'the provider could not take it for a while, until it was too late; nothing left',
  paused: 'an operator had paused it until it was too late; nothing left',
  'pauses-unknown': 'it was not known what is paused until it was too late; nothing left',
  cancelled: 'an operator cancelled it before it was sent; nothing left',
  stopping: 'deliver was stopping until it was too late; nothing left',
  'text-too-long': 'the text needs more segments than the channel allows; nothing left',
  refused: 'the provider refused it for good; nothing left',
  'no-answer': 'submitted, and no answer came in time',
  'connection-lost': 'submitted, and the connection was lost before the answer',
  'partly-sent': 'some segments left, and a later one did not',
  'no-result': 'claimed, and deliver ended before it knew the result',
  'internal-error': 'deliver itself failed while sending',
  undelivered: 'the network could not deliver it',
  rejected: 'the network rejected it',
  'validity-expired': 'the network did not reach the handset in time',
  deleted: 'it was deleted in the network',
  'state-unknown': 'the provider lost track of it',
} as const satisfies Record<string, string>

export type DeliverCode = keyof typeof deliverCodes
