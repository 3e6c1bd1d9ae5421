/** Events as a user would send them: one JSON object each. */
export interface EventJson {
  readonly type: string
  readonly event_id: string
  readonly subscriber_id: string
  readonly event_time: string
  readonly [field: string]: unknown
}

type Fields = Readonly<Record<string, unknown>>

const event = (type: string, id: string, subscriber: string, at: number, fields: Fields): EventJson => ({
  type,
  event_id: id,
  subscriber_id: subscriber,
  event_time: new Date(at).toISOString(),
  source: 'test',
  ...fields,
})

/** A call of ten minutes: the small catalogue's rule `long-call` fires. */
export const longCall = (id: string, subscriber: string, at: number, fields: Fields = {}): EventJson =>
  event('cdr', id, subscriber, at, {
    kind: 'voice',
    direction: 'mo',
    other_party: 'somebody',
    duration_s: 600,
    end_cause: 'normal',
    ...fields,
  })

/** The small catalogue's rule `topped-up` fires, for marketing. */
export const recharge = (id: string, subscriber: string, at: number, fields: Fields = {}): EventJson =>
  event('recharge', id, subscriber, at, { amount: 5_000, currency: 'CNY', method: 'app', ...fields })

/** Tells the number; with `consent`, also that marketing by SMS is wanted. */
export const profile = (id: string, subscriber: string, at: number, { consent = true, sms = '' } = {}): EventJson =>
  event('profile', id, subscriber, at, {
    ...(sms && { addresses: { sms } }),
    ...(consent && {
      consent: {
        sms: { marketing: { state: 'granted', since: '2026-01-01T00:00:00Z', source: 'shop', evidence_ref: 'form-1' } },
      },
    }),
  })

export const lines = (events: readonly unknown[]): string => events.map((one) => `${JSON.stringify(one)}\n`).join('')
