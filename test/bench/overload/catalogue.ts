import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { shippedCatalogue } from '../../../services/platform/catalogue-source.ts'

/** How late an event may be; an absence waits for it. Milliseconds. */
export const graceMs = 2_000
/** How long the absence of `timerRule` is. Milliseconds. */
export const absenceMs = 20_000

export const serviceRule = 'overload-service'
export const marketingRule = 'overload-marketing'
export const timerRule = 'overload-timer'

/** Few of the recharges are for service, many for marketing: more than the channel takes. */
const rules = `id: ${serviceRule}
moment: change
title: { en: A large voucher }
on: recharge
when: event.amount == 2000 && event.method == "bank"
expires: 24h
purpose: service
offers: [overload-note]
---
id: ${marketingRule}
moment: change
title: { en: A middling recharge }
on: recharge
when: event.amount == 1000
expires: 24h
purpose: marketing
offers: [overload-note]
---
id: ${timerRule}
moment: change
title: { en: A complaint without a recharge }
pattern:
  - complaint: { on: complaint }
  - not: { on: recharge, for: ${absenceMs / 1_000}s }
expires: 24h
purpose: care
`

/** What would hold back what is measured: nothing does but the channel. */
const unlimited = { quiet_hours: [], do_not_disturb: [], caps: [], gaps: {}, cooling: [], holdout: 0 }

const offer = 'id: overload-note\ntitle: { en: A note }\nmessage: { en: Thank you for your recharge. }\n'

/** The shipped catalogue, which makes an event cost what it costs in life, and rules by which it is seen what comes when. */
export function writeOverloadCatalogue(folder: string): string {
  const catalogue = join(folder, 'catalogue')
  cpSync(shippedCatalogue, catalogue, { recursive: true })
  mkdirSync(join(catalogue, 'rules'), { recursive: true })
  const policy = join(catalogue, 'policy.yaml')
  writeFileSync(policy, stringify({ ...parse(readFileSync(policy, 'utf8')), default_language: 'en', ...unlimited }))
  writeFileSync(join(catalogue, 'rules', 'overload.yaml'), rules)
  writeFileSync(join(catalogue, 'offers', 'overload.yaml'), offer)
  return catalogue
}
