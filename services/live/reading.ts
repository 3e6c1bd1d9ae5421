import type { Metrics } from '../telemetry/metrics.ts'

/** Counts by the value of a label; `rule` of moments, `kind` of moments and so on. */
export type Counts = ReadonlyMap<string, number>

/** What the metrics say at one instant. Everything but lag only grows. */
export interface Reading {
  /** Monotonic milliseconds. */
  readonly at: number
  readonly events: Counts
  readonly kinds: Counts
  readonly rules: Counts
  readonly commands: Counts
  readonly receipts: Counts
  readonly suppressions: Counts
  readonly deadLetters: Counts
  readonly late: Counts
  /** By service. */
  readonly lag: Counts
  /** Seconds from event to command: bounds and, up to each, how many. */
  readonly latency: { readonly bounds: readonly number[]; readonly cumulative: readonly number[] }
}

interface Labelled {
  get(): Promise<{
    readonly values: readonly {
      readonly value: number
      readonly labels: Readonly<Partial<Record<string, string | number>>>
    }[]
  }>
}

/** Reads the metrics of this process. */
export async function read(metrics: Metrics, at: number): Promise<Reading> {
  const { events, moments, commands, receipts, suppressions, deadLetters, late, lag } = metrics
  return {
    at,
    events: await countsBy('type', events),
    kinds: await countsBy('kind', moments),
    rules: await countsBy('rule', moments),
    commands: await countsBy('channel', commands),
    receipts: await countsBy('status', receipts),
    suppressions: await countsBy('code', suppressions),
    deadLetters: await countsBy('reason', deadLetters),
    late: await countsBy('type', late),
    lag: await countsBy('service', lag),
    latency: await latencyOf(metrics),
  }
}

async function countsBy(label: string, metric: Labelled): Promise<Counts> {
  const counts = new Map<string, number>()
  for (const { value, labels } of (await metric.get()).values) {
    const name = String(labels[label])
    counts.set(name, (counts.get(name) ?? 0) + value)
  }
  return counts
}

async function latencyOf({ eventToCommand }: Metrics): Promise<Reading['latency']> {
  const bounds: number[] = []
  const cumulative: number[] = []
  for (const { metricName, value, labels } of (await eventToCommand.get()).values) {
    if (metricName?.endsWith('_bucket') !== true) continue
    bounds.push(labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le))
    cumulative.push(value)
  }
  return { bounds, cumulative }
}

export const sum = (counts: Counts): number => [...counts.values()].reduce((total, count) => total + count, 0)
