import type { ServiceName } from '../../services/topology.ts'

/** By process, its services. */
export type Layout = readonly (readonly ServiceName[])[]

/** A process for each service, and two of what is taken over from a process that is gone. */
export const apart: Layout = [['ingest'], ['detect'], ['detect'], ['decide'], ['decide'], ['deliver'], ['deliver']]

/** Two processes that run all services, as small systems do. */
export const allInEach: Layout = [
  ['deliver', 'decide', 'detect', 'ingest'],
  ['deliver', 'decide', 'detect', 'ingest'],
]
