import { onTestFinished } from 'vitest'
import { runSmsc, type Smsc, type SmscOptions } from './run-smsc.ts'

export type { Submit } from './run-smsc.ts'

/** Starts the counterpart SMSC and waits until it listens; it ends with the test. */
export async function startSmsc(options: SmscOptions = {}): Promise<Smsc> {
  const smsc = await runSmsc(options)
  onTestFinished(() => smsc.stop())
  return smsc
}
