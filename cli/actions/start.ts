import { createBacktests } from '../../services/backtest/service.ts'
import { deadLetters } from '../../services/dead-letters/service.ts'
import { decide } from '../../services/decide/service.ts'
import { createDeliver } from '../../services/deliver/service.ts'
import { createDesk } from '../../services/desk/service.ts'
import { detect } from '../../services/detect/service.ts'
import { explain } from '../../services/explain/service.ts'
import { frontCards } from '../../services/front-card/service.ts'
import { createIngest } from '../../services/ingest/service.ts'
import { livePage } from '../../services/live/service.ts'
import type { Deployable } from '../../services/platform/deployable.ts'
import { runProcess } from '../../services/platform/run.ts'
import { quantiles } from '../../services/quantiles/service.ts'
import { sampleStream } from '../../services/sample/service.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import type { ServiceName } from '../../services/topology.ts'
import { showLive } from '../live-view.ts'

/** In the order of the flow, its end first: whoever reads is there before whoever writes. */
const deployables: Readonly<Record<ServiceName, () => Deployable>> = {
  desk: createDesk,
  deliver: createDeliver,
  decide: () => decide,
  detect: () => detect,
  ingest: createIngest,
}

/** Runs the named services, or all, until a signal. @returns the exit code */
export async function start(names: readonly string[], { config }: { readonly config?: string }): Promise<number> {
  const settings = await loadSettings(config, process.env)
  const isChosen = ([name]: [string, unknown]) => names.length === 0 || names.includes(name)
  const chosen = Object.entries(deployables).filter(isChosen)
  const sample = settings.sample.subscribers > 0 && names.length === 0 ? [sampleStream] : []
  const metrics = createMetrics()
  return runProcess({
    settings,
    metrics,
    logger: createLogger(process.stdout.isTTY && settings.log_level === 'info' ? 'warn' : settings.log_level),
    deployables: [
      ...chosen.map(([, create]) => create()),
      livePage,
      createBacktests(),
      explain,
      quantiles,
      frontCards,
      deadLetters,
      ...sample,
    ],
    onListening: (running) => showLive(running, process.stdout),
  })
}
