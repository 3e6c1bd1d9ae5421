import type { Reply } from '../../../services/records/types.ts'
import type { Policy } from '../../../services/rules/catalogue.ts'

const meanings = ['opted-out', 'refused', 'accepted'] as const
type Meaning = (typeof meanings)[number]

/** What a reply says, by docs/caps-and-refusals.md, as far as it is written in plain letters. */
export function saidBy({ action, text, digits }: Reply, { replies }: Policy): Meaning | undefined {
  const acted = meanings.find((meaning) => meaning === action)
  if (acted) return acted
  const words = (text ?? digits ?? '').trim().toLowerCase()
  if (words === '') return undefined
  if (replies['opted-out'].some((word) => words === word || words.startsWith(`${word} `))) return 'opted-out'
  if (action != null) return undefined
  return meanings.find((meaning) => meaning !== 'opted-out' && replies[meaning].includes(words))
}
