import type { EventType } from '../topology.ts'
import type { Settings } from './schema.ts'

const defaultGraceMs = 600_000

/** How late an event of this type may be, in milliseconds. */
export const graceOf = ({ events }: Settings, type: EventType): number => events.grace_ms[type] ?? defaultGraceMs
