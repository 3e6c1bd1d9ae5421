import { deliverCodes } from '../services/deliver/codes.ts'
import { chainReasons, otherReasons, type Reason } from '../services/domain/reason-codes.ts'
import { createMetrics } from '../services/telemetry/metrics.ts'
import { capital, code, table } from './table.ts'

/** Why a moment was not answered with a command, in the order in which reasons are judged. */
export function reasonTable(): string {
  const reasons: readonly Reason[] = [...chainReasons, ...otherReasons]
  return table(
    ['code', 'meaning', 'holds back', 'outcome', 'ends by itself'],
    reasons.map(({ code: name, meaning, purposes, outcome, ends }) => [
      code(name),
      meaning.en,
      purposes.length === 4 ? 'everything' : purposes.join(', '),
      outcome,
      ends,
    ]),
  )
}

/** What a receipt's code says. */
export const receiptTable = (): string =>
  table(
    ['code', 'meaning'],
    Object.entries(deliverCodes).map(([name, meaning]) => [code(name), `${capital(meaning)}.`]),
  )

/** Every metric of /metrics. */
export async function metricsTable(): Promise<string> {
  const metrics = await createMetrics().registry.getMetricsAsJSON()
  return table(
    ['metric', 'type', 'meaning'],
    metrics.map(({ name, type, help }) => [code(name), String(type), help]),
  )
}
