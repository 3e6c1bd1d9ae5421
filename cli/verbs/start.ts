import { Argument, Command } from 'commander'
import { serviceNodes } from '../../services/topology.ts'

export const startVerb = (): Command =>
  new Command('start')
    .description('run services in this process, on the embedded engine unless Kafka is configured')
    .addArgument(new Argument('[service...]', 'which').choices(Object.keys(serviceNodes)))
    .option('--config <file>', 'settings (YAML); each can be set by KEYMOMENT_… too')
    .action(async (names: string[], options: { config?: string }) => {
      const { start } = await import('../actions/start.ts')
      process.exitCode = await start(names, options)
    })
