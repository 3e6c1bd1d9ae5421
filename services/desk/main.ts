import { runAlone } from '../platform/run-alone.ts'
import { desk } from './service.ts'

await runAlone(desk)
