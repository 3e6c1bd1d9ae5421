import { runAlone } from '../platform/run-alone.ts'
import { createIngest } from './service.ts'

await runAlone(createIngest())
