import { filters } from '../services/rules/templates/filters.ts'
import { ownVariables } from '../services/rules/templates/variables.ts'
import { capital, code, table } from './table.ts'

/** What the blocks of docs/messages.md hold. */
export const messageBlocks = (): Readonly<Record<string, string>> => ({
  variables: table(
    ['variable', 'what it is'],
    [
      ['a factor: `balance`', "Its value in the moment's evidence"],
      [code('policy.NAME'), "A text of the policy's `variables`"],
      ...Object.entries(ownVariables).map(([name, { meaning }]) => [code(name), capital(meaning)]),
    ],
  ),
  filters: table(
    ['filter', 'what it writes', 'for instance'],
    [
      ...Object.entries(filters).map(([name, { meaning, example }]) => [code(name), capital(meaning), code(example)]),
      [code('default'), 'What is missing as this', code('{{ plan | default: "your plan" }}')],
    ],
  ),
})
