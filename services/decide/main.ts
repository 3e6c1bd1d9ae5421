import { runAlone } from '../platform/run-alone.ts'
import { decide } from './service.ts'

await runAlone(decide)
