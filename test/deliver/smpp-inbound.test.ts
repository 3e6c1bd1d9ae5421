import { describe, expect, test } from 'vitest'
import { canonicalId, type MessageIdForms, readDeliver } from '../../services/deliver/adapters/smpp/smpp-inbound.ts'

type Deliver = Parameters<typeof readDeliver>[0]

const asText: MessageIdForms = { submit: 'text', receipt: 'text' }

/** A deliver_sm as the library gives it, with its short_message as bytes. */
function deliver(text: string | Buffer, fields: Partial<Deliver> = {}): Deliver {
  const short_message = typeof text === 'string' ? Buffer.from(text, 'latin1') : text
  const head = { command: 'deliver_sm', command_status: 0, sequence_number: 1 }
  const body = { esm_class: 0, data_coding: 0, source_addr: '8613912345678', source_addr_ton: 1, short_message }
  return { ...head, ...body, ...fields } as Deliver
}

const receiptText = (state: string, error = '000') =>
  `id:m_1 sub:001 dlvrd:001 submit date:2611220512 done date:2611220513 stat:${state} err:${error} text:Hello id:other`

describe('receipts', () => {
  test.each([
    // text                                fields                                                what it says
    [receiptText('DELIVRD'), { esm_class: 4 }, { messageId: 'm_1', state: 'delivered', error: null }],
    [receiptText('UNDELIV', '01B'), { esm_class: 4 }, { messageId: 'm_1', state: 'undelivered', error: '01B' }],
    [receiptText('EXPIRED'), { esm_class: 4 }, { messageId: 'm_1', state: 'expired', error: null }],
    [receiptText('REJECTD'), { esm_class: 4 }, { messageId: 'm_1', state: 'rejected', error: null }],
    [receiptText('DELETED'), { esm_class: 4 }, { messageId: 'm_1', state: 'deleted', error: null }],
    [receiptText('UNKNOWN'), { esm_class: 4 }, { messageId: 'm_1', state: 'unknown', error: null }],
    [receiptText('ENROUTE'), { esm_class: 0x20 }, { messageId: 'm_1', state: 'under-way', error: null }],
    ['ID:m_1 Stat:Delivrd', { esm_class: 4 }, { messageId: 'm_1', state: 'delivered', error: null }],
    ['', { esm_class: 4, receipted_message_id: 't9', message_state: 5 }, { messageId: 't9', state: 'undelivered' }],
    ['', { esm_class: 0, receipted_message_id: 't9', message_state: 2 }, { messageId: 't9', state: 'delivered' }],
    [
      receiptText('ENROUTE'),
      { esm_class: 4, receipted_message_id: 't9', message_state: 2 },
      { messageId: 't9', state: 'delivered' },
    ],
    ['', { esm_class: 4, message_payload: Buffer.from(receiptText('DELIVRD')) }, { messageId: 'm_1' }],
  ] as const)('%s %o', (text, fields, receipt) => {
    expect(readDeliver(deliver(text, fields), asText, undefined)).toMatchObject({ kind: 'receipt', receipt })
  })

  test.each([['no receipt at all'], ['id:m_1 stat:NONSENSE'], ['stat:DELIVRD'], ['']])('cannot be read: %s', (text) => {
    const read = readDeliver(deliver(text, { esm_class: 4 }), asText, undefined)
    expect(read).toEqual({ kind: 'unreadable', what: 'receipt', why: 'no-id-or-state' })
  })
})

test.each([
  ['1F3A1', 'hex', '127905'],
  ['0001f3a1', 'hex', '127905'],
  ['0000127905', 'decimal', '127905'],
  ['127905', 'text', '127905'],
  ['FFFFFFFFFFFFFFFF', 'hex', '18446744073709551615'],
  ['not-a-number', 'hex', 'not-a-number'],
  ['a b', 'decimal', 'a b'],
] as const)('the id %s as %s is %s', (id, form, canonical) => {
  expect(canonicalId(id, form)).toBe(canonical)
})

describe('messages', () => {
  const ucs2 = Buffer.from('退订', 'utf16le').swap16()
  const header = Buffer.from([5, 0, 3, 7, 2, 1])
  test.each([
    ['GSM 03.38', Buffer.from([0x1b, 0x65, 0x00, 0x53]), { data_coding: 0 }, '€@S'],
    ['IA5', 'STOP_@', { data_coding: 1 }, 'STOP_@'],
    ['Latin 1', 'ARRÊT', { data_coding: 3 }, 'ARRÊT'],
    ['UCS-2', ucs2, { data_coding: 8 }, '退订'],
    ['behind a header', Buffer.concat([header, ucs2]), { data_coding: 8, esm_class: 0x40 }, '退订'],
    ['as payload', '', { message_payload: Buffer.from('STOP') }, 'STOP'],
  ] as const)('%s', (_, text, fields, read) => {
    const message = { address: '+8613912345678', text: read }
    expect(readDeliver(deliver(text, fields), asText, undefined)).toEqual({ kind: 'message', message })
  })

  test.each([
    // sender             type  country  as E.164
    ['8613912345678', 1, undefined, '+8613912345678'],
    ['+8613912345678', 0, undefined, '+8613912345678'],
    ['8613912345678', 0, undefined, '+8613912345678'],
    ['8613912345678', 0, 'CN', '+8613912345678'],
    ['13912345678', 2, 'CN', '+8613912345678'],
    ['0151 23456789', 2, 'DE', '+4915123456789'],
    ['13912345678', 2, undefined, null],
    ['13912345678', 0, undefined, null],
    ['01512345678', 0, undefined, null],
    ['ACME', 5, 'CN', null],
    ['10086', 3, undefined, null],
  ] as const)('from %s of type %i in %s', (source_addr, source_addr_ton, country, address) => {
    const read = readDeliver(deliver('hi', { source_addr, source_addr_ton }), asText, country)
    expect(read.kind === 'message' ? read.message.address : null).toBe(address)
  })

  test('that were cut are told as such', () => {
    const cut = { command: 'deliver_sm', command_status: 0, sequence_number: 1, esm_class: 0, data_coding: 0 }
    const read = readDeliver(cut as Deliver, asText, 'CN')
    expect(read).toEqual({ kind: 'unreadable', what: 'message', why: 'sender-no-number' })
  })

  test('that are no text are told as such', () => {
    const read = readDeliver(deliver(Buffer.from([1, 2]), { data_coding: 4 }), asText, undefined)
    expect(read).toEqual({ kind: 'unreadable', what: 'message', why: 'binary-text' })
  })
})
