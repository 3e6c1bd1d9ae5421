/** A change to a file as it is loaded; on the disk it stays as it is. */
interface Edit {
  /** Ends the path of the file. */
  readonly file: string
  /** What stands there, once. */
  readonly text: string
  readonly instead: string
}

const redis = '/services/flow/adapters/redis'

/** Defects put into services. */
export const plants: Readonly<Record<string, readonly Edit[]>> = {
  'adoption skipped': [
    {
      file: '/services/flow/take-over.ts',
      text: 'for (const output of portion) processor.adopt(topic, output, context)',
      instead: '',
    },
  ],
  'outbox not looked at': [
    {
      file: '/services/flow/take-over.ts',
      text: 'const outbox = stored.outbox.flatMap((row) => decodeOutbox(row.bytes))',
      instead: 'const outbox: ReturnType<typeof decodeOutbox>[number][] = []',
    },
  ],
  // Nobody watches, and whose epoch it is isn't asked: what an owner has in hand goes in, on top of whatever is there.
  'commit without the fence': [
    { file: `${redis}/watched-meta.ts`, text: "new Command('watch',", instead: "new Command('touch'," },
    { file: `${redis}/commit-encoder.ts`, text: "['WATCH', keys.meta]", instead: "['TOUCH', keys.meta]" },
    {
      file: `${redis}/settle.ts`,
      text: 'stored[0] === epoch && Number(stored[1] ?? 0) === sequence - 1',
      instead: 'epoch.length > 0 && sequence > 0 && stored.length > 0',
    },
    {
      file: `${redis}/settle.ts`,
      text: 'stored[0] === epoch && Number(stored[1] ?? 0) >= sequence',
      instead: 'epoch.length > 0 && Number(stored[1] ?? 0) >= sequence',
    },
  ],
}

/** Names the plant to `plant-loader.ts`. */
export const plantVariable = 'KEYMOMENT_TEST_PLANT'
