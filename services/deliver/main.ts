import { runAlone } from '../platform/run-alone.ts'
import { createDeliver } from './service.ts'

await runAlone(createDeliver())
