import type { Channel as ChannelName } from '../topology.ts'
import type { DeliverCode } from './codes.ts'

/** When a message is tried again that provably did not leave: the pause, and how often it is tried for such a reason at all. */
export interface AgainPlan {
  readonly pauseMs: number
  readonly times: number
}

/** By channel and reason; for others the pauses double from a short one, until the message is too late. */
export type AgainPlans = Readonly<Partial<Record<ChannelName, Readonly<Partial<Record<DeliverCode, AgainPlan>>>>>>

/** A phone that is busy or off now is so some minutes more; after some times somebody else's turn has come. */
export const phonePlan = (plan: AgainPlan): NonNullable<AgainPlans['ivr']> => ({ busy: plan, unreachable: plan })
