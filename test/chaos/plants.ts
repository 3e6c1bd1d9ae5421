/** A defect put into a service as it is loaded; the file stays as it is. */
export interface Plant {
  /** Ends the path of the file. */
  readonly file: string
  /** What stands there, once. */
  readonly text: string
  readonly instead: string
}

export const plants: Readonly<Record<string, Plant>> = {
  'adoption skipped': {
    file: '/services/flow/take-over.ts',
    text: 'for (const output of portion) processor.adopt(topic, output, context)',
    instead: '',
  },
  'outbox not looked at': {
    file: '/services/flow/take-over.ts',
    text: 'const outbox = stored.outbox.flatMap((row) => decodeOutbox(row.bytes))',
    instead: 'const outbox: ReturnType<typeof decodeOutbox>[number][] = []',
  },
}

/** Names the plant to `plant-loader.ts`. */
export const plantVariable = 'KEYMOMENT_TEST_PLANT'
