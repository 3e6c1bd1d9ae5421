import type { BudgetList } from '../../services/budgets/routes.ts'
import type { BudgetView } from '../../services/budgets/views.ts'
import { columns } from '../columns.ts'
import { askEngine } from '../engine.ts'

export interface BudgetArguments {
  readonly url: string
  readonly json?: boolean
}

/** Prints what is left of each budget. @throws EngineRefusal; CodedError as `askEngine` */
export async function listBudgets({ url, json }: BudgetArguments): Promise<void> {
  const answer = await askEngine<BudgetList>(url, '/v1/budgets')
  if (json) {
    process.stdout.write(`${JSON.stringify(answer)}\n`)
    return
  }
  const { budgets, problems } = answer
  const head = ['budget', 'period', 'of', 'amount', 'paced', 'granted', 'spent', 'left', 'more at', 'kept for']
  if (budgets.length > 0) {
    for (const line of columns([head, ...budgets.map(rowOf)])) process.stdout.write(`${line}\n`)
  }
  const said = budgets.length === 0 ? 'the catalogue has no budgets' : `${budgets.length} in the catalogue`
  for (const line of [said, ...problems.map(({ code, reason }) => `${code}  ${reason}`)])
    process.stderr.write(`${line}\n`)
}

function rowOf({ id, period, of, currency, amount, paced, granted, spent, left, more_at, reserves }: BudgetView) {
  const unit = of === 'uses' ? 'uses' : `money${currency === null ? '' : ` (${currency})`}`
  const kept = reserves
    .filter((reserve) => reserve.kept)
    .map(({ segments, share, until }) => `${segments.join(', ')}: ${share}${until === null ? '' : ` until ${until}`}`)
  const amounts = [amount, paced, granted, spent, left].map(String)
  return [id, period, unit, ...amounts, more_at ?? '', kept.join('; ')]
}
