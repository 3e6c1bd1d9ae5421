import type { AcceptedPart, ProviderReceipt } from '../../services/deliver/channel.ts'

/** One of the parts of a command, as its provider took it. 1-based. */
export const part = (number: number, parts: number): AcceptedPart => ({
  messageId: `m${number}`,
  commandId: 'c',
  subscriberId: 'anna',
  part: number,
  parts,
})

/** What its provider tells of it later. */
export const receipt = (number: number, state: ProviderReceipt['state']): ProviderReceipt => ({
  messageId: `m${number}`,
  state,
  error: null,
})
