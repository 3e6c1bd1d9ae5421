import { Command } from 'commander'
import type { BudgetArguments } from '../actions/budgets.ts'
import { urlOption } from '../url-option.ts'

export const budgetsVerb = (): Command =>
  new Command('budgets')
    .description('say of each budget what was let go, granted and spent, and what is left in the present period')
    .option('--json', 'one JSON object, with the periods before it')
    .addOption(urlOption())
    .action(async (options: BudgetArguments) => {
      const { listBudgets } = await import('../actions/budgets.ts')
      await listBudgets(options)
    })
