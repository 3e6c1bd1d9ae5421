import type { Outcome } from '../../services/records/types.ts'

const day = 86_400_000
export const start = Date.parse('2026-03-02T12:00Z')

/** `day kind command key=value…`: an outcome of a command, `days` behind the start. */
export function outcomeOf(line: string): Outcome {
  const [days = '0', outcome = '', command_id = '', ...words] = line.trim().split(/\s+/)
  const given = Object.fromEntries(words.map((word) => word.split('=')))
  const {
    offer = 'a',
    channel = 'sms',
    segment = null,
    variant = null,
    half,
    yes,
    learn = 'yes',
    as: side = null,
  } = given
  return {
    outcome_id: `${command_id}${outcome}aaaaaaaaaaaaaaaaaa`,
    subscriber_id: 's',
    occurred_at: start + Number(days) * day,
    command_id,
    outcome: outcome as Outcome['outcome'],
    offer,
    channel,
    segment,
    segments: {},
    campaign: variant === null ? null : 'growth',
    experiment: variant === null ? null : 'first',
    variant,
    compared_as: side as (Outcome['compared_as'] & string) | null,
    learn: learn === 'yes',
    accepted: yes !== undefined,
    half_life_ms: half === undefined ? null : Number(half) * day,
  }
}

export const outcomesOf = (text: string): readonly Outcome[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(outcomeOf)
