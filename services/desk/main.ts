import { runAlone } from '../platform/run-alone.ts'
import { createDesk } from './service.ts'

await runAlone(createDesk())
