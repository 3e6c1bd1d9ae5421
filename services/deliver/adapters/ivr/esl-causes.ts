import type { EndCause } from './dialler.ts'

/**
 * FreeSWITCH's hangup causes: those of Q.850 and its own, by name. What isn't listed is unclear: it may have rung.
 */
const causes: Readonly<Record<string, EndCause>> = {
  NORMAL_CLEARING: 'cleared',
  MANAGER_REQUEST: 'cleared',
  ALLOTTED_TIMEOUT: 'cleared',
  USER_BUSY: 'busy',
  NO_ANSWER: 'no-reply',
  PROGRESS_TIMEOUT: 'no-reply',
  CALL_REJECTED: 'declined',
  USER_CHALLENGE: 'trouble',
  SUBSCRIBER_ABSENT: 'unreachable',
  NO_USER_RESPONSE: 'unreachable',
  USER_NOT_REGISTERED: 'unreachable',
  DESTINATION_OUT_OF_ORDER: 'unreachable',
  UNALLOCATED_NUMBER: 'unallocated',
  NUMBER_CHANGED: 'unallocated',
  INVALID_NUMBER_FORMAT: 'unallocated',
  OUTGOING_CALL_BARRED: 'barred',
  INCOMING_CALL_BARRED: 'barred',
  BEARERCAPABILITY_NOTAUTH: 'barred',
  INCOMPATIBLE_DESTINATION: 'barred',
  FACILITY_REJECTED: 'barred',
  NORMAL_CIRCUIT_CONGESTION: 'congestion',
  SWITCH_CONGESTION: 'congestion',
  REQUESTED_CHAN_UNAVAIL: 'congestion',
  CALL_LIMIT: 'congestion',
  NETWORK_OUT_OF_ORDER: 'trouble',
  NORMAL_TEMPORARY_FAILURE: 'trouble',
  NO_ROUTE_DESTINATION: 'trouble',
  NO_ROUTE_TRANSIT_NET: 'trouble',
  EXCHANGE_ROUTING_ERROR: 'trouble',
  SERVICE_UNAVAILABLE: 'trouble',
  SERVICE_NOT_IMPLEMENTED: 'trouble',
  BEARERCAPABILITY_NOTAVAIL: 'trouble',
  BEARERCAPABILITY_NOTIMPL: 'trouble',
  CHAN_NOT_IMPLEMENTED: 'trouble',
  INVALID_GATEWAY: 'trouble',
  GATEWAY_DOWN: 'trouble',
  INVALID_PROFILE: 'trouble',
  INVALID_URL: 'trouble',
  SYSTEM_SHUTDOWN: 'trouble',
}

export const causeOf = (name: string): EndCause => causes[name] ?? 'unclear'
