import { afterAll } from 'vitest'

let runs = 0
let millis = 0

/** A simulation has come to its end. */
export function simulated(runMillis: number): void {
  runs++
  millis += runMillis
}

export const simulatedHours = (): number => millis / 3_600_000

/** Says at the end of a file of tests how long it has simulated. */
export function tellSimulatedHours(): void {
  afterAll(() => {
    process.stdout.write(`simulated: ${Math.round(simulatedHours())} hours of the whole system in ${runs} runs\n`)
  })
}
