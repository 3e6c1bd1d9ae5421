import { Command } from 'commander'
import { topologyMermaid, topologyText } from '../../services/topology-picture.ts'

export const topologyVerb = (): Command =>
  new Command('topology')
    .description('print which service reads and writes which topic')
    .option('--mermaid', 'as a Mermaid flow chart')
    .action(({ mermaid }: { mermaid?: boolean }) => {
      process.stdout.write(mermaid ? topologyMermaid() : topologyText())
    })
