import { onTestFinished } from 'vitest'
import { runSwitch, type Switch } from './run-switch.ts'

/** Starts the switch with its subscribers; they end with the test. */
export async function startSwitch(): Promise<Switch> {
  const running = await runSwitch()
  onTestFinished(() => running.stop())
  return running
}
