import { lookup as ask } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * Whether an address belongs to the public internet: not to this machine, a private network, a cloud's metadata service, multicast,
 * or any other range with a meaning of its own. IPv4 within IPv6 is taken for what it stands for.
 */
export const isPublic = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast'

/** The host of a URL as sockets take it: an IPv6 address without its brackets. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1')

/** A host that is given as an address and isn't public: a name is looked at when it is looked up. */
export function isForbiddenHost(url: URL): boolean {
  const address = hostOf(url)
  return isIP(address) !== 0 && !isPublic(address)
}

/**
 * Looks names up, and finds only public addresses: it is asked for each connection, so that a name which leads elsewhere later on is
 * seen. The error has the code KM_WEBHOOK_ADDRESS.
 */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  ask(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0)
    const allowed = addresses.filter(({ address }) => isPublic(address))
    const [first] = allowed
    if (!first) {
      const refused = new Error('the host has no public address; webhook.allow_private allows others')
      return callback(Object.assign(refused, { code: 'KM_WEBHOOK_ADDRESS' }), '', 0)
    }
    if (options.all) callback(null, allowed)
    else callback(null, first.address, first.family)
  })
}
