import { expect } from 'vitest'
import { typeOf } from '../../services/records/avro.ts'
import { compileWriter, recordsIn } from '../../services/records/body-writer.ts'
import type { RecordSchema } from '../../services/records/schemas.ts'

/** A state as it comes back from the store. It is written by the engine's writer, which has to agree with avsc. */
export function keptState<State>(stateSchema: object): (state: State) => State {
  const schema = stateSchema as RecordSchema
  const type = typeOf(schema)
  const write = compileWriter(schema, recordsIn(schema))
  return (state) => {
    const bytes = type.toBuffer(state)
    const written = Buffer.alloc(bytes.length)
    expect(write(written, 0, state), 'where the writer ends').toBe(bytes.length)
    expect(written.equals(bytes), 'the writer agrees with avsc').toBe(true)
    return type.fromBuffer(bytes) as State
  }
}
