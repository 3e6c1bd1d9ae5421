import type { DetectProcessor, DetectSettings } from './detect-settings.ts'
import { Detection } from './detection.ts'

export type { DetectProcessor, DetectSettings } from './detect-settings.ts'

/** Detect's engine for one shard: flat records in memory, changed in place. See `Detection` for the hot path. */
export const createDetectProcessor = (settings: DetectSettings): DetectProcessor => new Detection(settings)
