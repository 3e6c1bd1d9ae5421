import { topologyMermaid } from '../services/topology-picture.ts'
import { badInput, badInputTable } from './bad-input.ts'
import { fillBlocks } from './blocks.ts'
import { metricsTable, reasonTable, receiptTable } from './code-tables.ts'
import { easyToGetWrongTable } from './easy-to-get-wrong.ts'
import { shippedSchemas } from './editor-schemas.ts'
import { eventReference } from './event-reference.ts'
import { languageBlocks } from './language-reference.ts'
import { messageBlocks } from './message-tables.ts'
import { scaleBlocks } from './scale-plan.ts'
import { settingsReference } from './settings-reference.ts'
import { timelineCodesTable, timelineDefaultsTable } from './timeline-tables.ts'
import { tryExample } from './worked-example.ts'
import { wrongPolicy } from './wrong-policy.ts'

/** Documents which are made from the sources, wholly or in part: path, and what it should hold given what it holds. */
export const documents: Readonly<Record<string, (present: string) => string | Promise<string>>> = {
  'README.md': async (present) =>
    tryExample(
      fillBlocks(present, {
        topology: `\`\`\`mermaid\n${topologyMermaid()}\`\`\`\n`,
        reasons: reasonTable(),
        metrics: await metricsTable(),
      }),
    ),
  'docs/channels.md': (present) => fillBlocks(present, { 'bad-input': badInputTable(badInput) }),
  'docs/contact-policy.md': (present) =>
    fillBlocks(present, {
      reasons: reasonTable(),
      'wrong-policy': badInputTable(wrongPolicy),
      'easy-to-get-wrong': easyToGetWrongTable(),
    }),
  'docs/overload.md': async (present) => fillBlocks(present, { metrics: await metricsTable() }),
  'docs/settings.md': settingsReference,
  'docs/events.md': eventReference,
  'docs/guide/working.md': tryExample,
  'docs/language.md': (present) => fillBlocks(present, languageBlocks()),
  'docs/messages.md': (present) => fillBlocks(present, messageBlocks()),
  'docs/timelines.md': (present) =>
    fillBlocks(present, { defaults: timelineDefaultsTable(), codes: timelineCodesTable() }),
  'docs/scale.md': (present) => fillBlocks(present, scaleBlocks()),
  ...shippedSchemas,
  'docs/receipts.md': () => `${receipts}\n${receiptTable()}`,
}

const receipts = `# Codes of receipts

<!-- Made from services/deliver/codes.ts by \`npm run docs\`; not edited by hand. -->

A receipt on \`km.receipts\` says what became of a command: \`accepted\`, \`delivered\`, \`failed\`, \`unknown\` or \`expired\`;
\`opened\` and \`clicked\`: what the subscriber did with it, as its [links](links.md) told.
Its code says why. What is handed in or told wrongly, and how it ends, stands with [the channels](channels.md#what-comes-in-wrongly).
`
