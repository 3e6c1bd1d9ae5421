import { Argument, Command } from 'commander'
import { decide } from '../../services/decide/service.ts'
import { createDeliver } from '../../services/deliver/service.ts'
import { detect } from '../../services/detect/service.ts'
import { createIngest } from '../../services/ingest/service.ts'
import { livePage } from '../../services/live/service.ts'
import type { Deployable } from '../../services/platform/deployable.ts'
import { runProcess } from '../../services/platform/run.ts'
import { sampleStream } from '../../services/sample/service.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { createLogger } from '../../services/telemetry/log.ts'
import { createMetrics } from '../../services/telemetry/metrics.ts'
import { showLive } from '../live-view.ts'

/** In the order of the flow, its end first: whoever reads is there before whoever writes. */
const deployables: readonly Deployable[] = [createDeliver(), decide, detect, createIngest()]

export const startVerb = (): Command =>
  new Command('start')
    .description('run services in this process, on the embedded engine unless Kafka is configured')
    .addArgument(new Argument('[service...]', 'which').choices(deployables.map(({ name }) => name)))
    .option('--config <file>', 'settings (YAML); each can be set by KEYMOMENT_… too')
    .action(async (names: string[], { config }: { config?: string }) => {
      const settings = await loadSettings(config, process.env)
      const chosen = names.length === 0 ? deployables : deployables.filter(({ name }) => names.includes(name))
      const sample = settings.sample.subscribers > 0 && names.length === 0 ? [sampleStream] : []
      const metrics = createMetrics()
      process.exitCode = await runProcess({
        settings,
        metrics,
        logger: createLogger(process.stdout.isTTY && settings.log_level === 'info' ? 'warn' : settings.log_level),
        deployables: [...chosen, livePage, ...sample],
        onListening: (running) => showLive(running, process.stdout),
      })
    })
