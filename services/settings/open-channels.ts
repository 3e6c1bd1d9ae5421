import { type Channel, channels, serviceNodes, type Topic, topics } from '../topology.ts'
import type { Settings } from './schema.ts'

const decided: readonly Topic[] = serviceNodes.decide.writes

/** The channels through which this system sends: those that decide has a topic for, without what is turned off. */
export function openChannels({ push, ivr }: Pick<Settings, 'push' | 'ivr'>): readonly Channel[] {
  const off: readonly Channel[] = [
    ...(push.channel === 'off' ? (['push'] as const) : []),
    ...(ivr.channel === 'off' ? (['ivr'] as const) : []),
  ]
  return channels.filter((channel) => decided.includes(topics.commands[channel]) && !off.includes(channel))
}
