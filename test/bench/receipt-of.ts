import type { Command, Receipt } from '../../services/records/types.ts'

/** What a channel says of a command, `after` milliseconds since it was issued. */
export const receiptOf = (
  command: Command,
  status: Receipt['status'],
  after: number,
  code: string | null,
): Receipt => ({
  receipt_id: `${command.command_id}-${status}`,
  subscriber_id: command.subscriber_id,
  received_at: command.issued_at + after,
  command_id: command.command_id,
  channel: command.channel,
  status,
  code,
})
