import { deterministicId } from '../domain/ids.ts'
import type { Receipt } from '../records/types.ts'
import { type Channel as ChannelName, topics } from '../topology.ts'
import type { DeliverCode } from './codes.ts'

export interface ReceiptOutput {
  readonly topic: typeof topics.receipts
  readonly value: Receipt
}

/** How a command ended, or what was told of it later. */
export interface ReceiptEnd {
  readonly status: Receipt['status']
  readonly code?: DeliverCode | null
  /** Why, more closely; no text of a message and no address. */
  readonly detail?: string | null
  /** Of how many parts it is, on its way through the provider; 1 or more. */
  readonly parts?: number | null
}

export interface ReceiptFields extends ReceiptEnd {
  readonly subscriber_id: string
  readonly command_id: string
  readonly channel: ChannelName
  /** Milliseconds since 1970. */
  readonly received_at: number
}

/** A receipt. Its id is of command and status, so that what is told twice is one receipt. */
export function receiptOutput(fields: ReceiptFields): ReceiptOutput {
  return {
    topic: topics.receipts,
    value: {
      receipt_id: deterministicId(fields.command_id, 'receipt', fields.status),
      channel: fields.channel,
      subscriber_id: fields.subscriber_id,
      received_at: fields.received_at,
      command_id: fields.command_id,
      status: fields.status,
      code: fields.code ?? null,
      detail: fields.detail ?? null,
      parts: fields.parts ?? null,
    },
  }
}
