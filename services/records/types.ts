// Generated from schemas/*.avsc by `npm run generate`; not edited by hand. (First version: filled by the generator.)
import type { SchemaName } from '../topology.ts'

export type RecordTypes = { [Name in SchemaName]: Record<string, unknown> }
