import { CodedError } from '../domain/errors.ts'
import { type AnyOutput, DocumentProcessor } from '../flow/documents.ts'
import { startService } from '../flow/service.ts'
import type { Step } from '../flow/step.ts'
import type { Deployable } from '../platform/deployable.ts'
import { createObserver } from '../platform/observer.ts'
import type { Platform } from '../platform/platform.ts'
import type { DeskAct, Receipt } from '../records/types.ts'
import { serviceNodes, topics } from '../topology.ts'
import { appendAct } from './act.ts'
import { type About, type Cancels, followCancels } from './cancels.ts'
import { openReader, type Reader } from './reader.ts'
import { deskRoutes } from './routes.ts'
import type { DeskState } from './state.ts'
import { createDeskStep } from './step.ts'

const node = serviceNodes.desk

/** Desk as a service: its step on every shard, and all tasks and prompts over HTTP in each process. */
export const createDesk = (): Deployable => {
  let reader: Reader | undefined
  return {
    name: node.name,
    node,
    routes: (http, platform) => deskRoutes(http, () => partsOf(platform(), reader)),
    async start(platform) {
      const { log, store, codec, clock, scheduler, flow, metrics, logger, control, fail } = platform
      const own = logger.child({ service: node.name })
      let cancels: Cancels | undefined
      const onNew = (about: About) => cancels?.hear(about)
      const words = () => platform.catalogue.current.policy.replies
      const opened = await openReader({ log, codec, logger: own, now: () => clock.now(), words, fail, onNew })
      reader = opened
      const { book, board } = opened
      const append = (act: DeskAct) => appendAct({ log, codec }, act)
      const following = followCancels({ control, book, board, append, logger: own })
      cancels = following
      const step = createDeskStep() as unknown as Step<DeskState, never, AnyOutput>
      const service = await startService({
        node,
        log,
        store,
        codec,
        clock,
        scheduler,
        settings: flow,
        observer: createObserver(node.name, metrics, logger),
        createProcessor: () =>
          new DocumentProcessor<DeskState>({ step, reads: node.reads, codec, onOutput: countReceipts(platform) }),
        onFailed: fail,
      })
      return {
        shards: service,
        measure: () => metrics.inboxOpen.set(opened.inbox.open),
        async stop(millis) {
          await following.stop()
          await service.stop(millis)
          await opened.stop()
        },
      }
    },
  }
}

function partsOf(platform: Platform, reader: Reader | undefined) {
  const { log, codec, clock, catalogue } = platform
  if (!reader) throw new CodedError('KM_NOT_READY', 'the desk has not read its tasks yet', { canRetry: true })
  return { log, codec, reader, now: () => clock.now(), policy: () => catalogue.current.policy }
}

const countReceipts =
  ({ metrics }: Platform) =>
  ({ topic, value }: AnyOutput): void => {
    if (topic !== topics.receipts) return
    const { channel, status } = value as Receipt
    metrics.receipts.inc({ channel, status })
  }
