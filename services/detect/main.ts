import { runAlone } from '../platform/run-alone.ts'
import { detect } from './service.ts'

await runAlone(detect)
