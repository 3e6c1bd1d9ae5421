import type { Platform } from '../platform/platform.ts'
import { graceOf } from '../settings/grace.ts'
import { eventTypes } from '../topology.ts'
import type { DetectSettings } from './detect-settings.ts'

/** How detect runs on a platform: wherever it does, it comes to the same. */
export function platformSettings({
  codec,
  catalogue,
  settings,
}: Pick<Platform, 'codec' | 'catalogue' | 'settings'>): DetectSettings {
  const { ruleset, policy } = catalogue.current
  return {
    codec,
    ruleset,
    schedule(time) {
      const inForce = catalogue.at(time)
      return { ...inForce, ruleset: inForce.catalogue.ruleset }
    },
    grace: Object.fromEntries(eventTypes.map((type) => [type, graceOf(settings, type)])),
    defaultTimeZone: policy.defaultTimeZone,
  }
}
