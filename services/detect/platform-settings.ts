import type { Platform } from '../platform/platform.ts'
import { graceOf } from '../settings/grace.ts'
import { eventTypes } from '../topology.ts'
import type { DetectSettings } from './detect-settings.ts'

/** How detect runs on a platform: wherever it does, it comes to the same. */
export function platformSettings({
  codec,
  catalogue,
  clock,
  settings,
}: Pick<Platform, 'codec' | 'catalogue' | 'clock' | 'settings'>): DetectSettings {
  const present = catalogue.at(clock.now())
  const { ruleset, policy } = present.catalogue
  return {
    codec,
    ruleset,
    activation: present,
    schedule(time) {
      const inForce = catalogue.at(time)
      return { ...inForce, ruleset: inForce.catalogue.ruleset }
    },
    grace: Object.fromEntries(eventTypes.map((type) => [type, graceOf(settings, type)])),
    defaultTimeZone: policy.defaultTimeZone,
  }
}
