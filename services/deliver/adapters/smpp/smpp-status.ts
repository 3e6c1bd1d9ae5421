import { notSent, type Outcome } from '../../channel.ts'

/** Command statuses of SMPP 3.4 (5.1.3) that have names here: what comes often, and what may pass. */
const statuses: Readonly<
  Record<number, readonly [name: string, passing?: 'throttled' | 'queue-full' | 'provider-trouble']>
> = {
  1: ['ESME_RINVMSGLEN'],
  2: ['ESME_RINVCMDLEN'],
  3: ['ESME_RINVCMDID'],
  4: ['ESME_RINVBNDSTS', 'provider-trouble'],
  8: ['ESME_RSYSERR', 'provider-trouble'],
  10: ['ESME_RINVSRCADR'],
  11: ['ESME_RINVDSTADR'],
  13: ['ESME_RBINDFAIL'],
  14: ['ESME_RINVPASWD'],
  15: ['ESME_RINVSYSID'],
  20: ['ESME_RMSGQFUL', 'queue-full'],
  69: ['ESME_RSUBMITFAIL'],
  88: ['ESME_RTHROTTLED', 'throttled'],
  97: ['ESME_RINVSCHED'],
  98: ['ESME_RINVEXPIRY'],
  100: ['ESME_RX_T_APPN', 'provider-trouble'],
  101: ['ESME_RX_P_APPN'],
  102: ['ESME_RX_R_APPN'],
  255: ['ESME_RUNKNOWNERR'],
}

export const statusName = (status: number): string => statuses[status]?.[0] ?? `status 0x${status.toString(16)}`

/** What an answer other than ESME_ROK to a submit means: the SMSC did not take the message, for good or for now. */
export function refusal(status: number): Outcome {
  const passing = statuses[status]?.[1]
  const detail = statusName(status)
  return passing ? notSent(passing, detail) : { kind: 'refused', code: 'refused', detail }
}
