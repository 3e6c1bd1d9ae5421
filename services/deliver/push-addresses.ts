import type { Address } from '../records/types.ts'
import type { AddressGone } from './channel.ts'
import type { DeliverState } from './state.ts'

/** Devices of one subscriber that are kept, and tokens that lead nowhere any more. */
const devicesMost = 8
const goneMost = 8

type Push = Pick<DeliverState, 'push' | 'push_time' | 'push_more' | 'push_gone'>

/**
 * Takes the tokens that a profile lists, without those that are known to lead nowhere; none at all: the app is gone. What was
 * found gone counts as there again where the profile is newer and the service doesn't say that it is for ever.
 */
export function takePush(state: DeliverState, listed: NonNullable<Address['push']>, at: number): Push {
  const push_gone = state.push_gone.filter(({ since }) => since === null || since >= at)
  const addresses = listed.map(({ provider, token }) => `${provider}:${token}`)
  const usable = addresses.filter((address) => !push_gone.some((gone) => gone.address === address))
  const [push = null, ...push_more] = usable.slice(0, devicesMost)
  return { push, push_more, push_time: at, push_gone }
}

/** Gives up a token that leads nowhere, unless the profile that brought it is newer than that. The next device takes its place. */
export function giveUp(state: DeliverState, { address, since }: AddressGone): DeliverState {
  if (since !== null && state.push_time > since) return state
  const [push = null, ...push_more] = pushAddresses(state).filter((one) => one !== address)
  const others = state.push_gone.filter((gone) => gone.address !== address)
  return { ...state, push, push_more, push_gone: [...others, { address, since }].slice(-goneMost) }
}

/** Where the subscriber's devices are reached, the one in use first. */
export const pushAddresses = ({ push, push_more }: Push): readonly string[] =>
  push === null ? push_more : [push, ...push_more]
