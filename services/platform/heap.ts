import { setFlagsFromString } from 'node:v8'

/** The old space may grow to this many times what lives there, before V8 marks it all again; its own choice is 1.1 to 4. */
const growth = 4

/**
 * Subscribers' states lie outside of V8's heap, so what lives in it is small (some tens of MB) and grows little: V8 then
 * marks it several times a second, to save memory that nobody misses. That took a tenth of the CPU of a busy detect.
 */
export function letHeapGrow(): void {
  setFlagsFromString(`--heap-growing-percent=${(growth - 1) * 100}`)
}
