import { localBudgets } from '../../services/budgets/local.ts'
import { type KnownBudgets, openBudgets } from '../../services/budgets/open.ts'
import { decide } from '../../services/decide/service.ts'
import { deliverDefaults } from '../../services/deliver/deliver-settings.ts'
import type { SendEffect, SendResult } from '../../services/deliver/send-effect.ts'
import type { DeliverState } from '../../services/deliver/state.ts'
import { createDeliverStep } from '../../services/deliver/step.ts'
import type { DeskState } from '../../services/desk/state.ts'
import { createDeskStep } from '../../services/desk/step.ts'
import { detect } from '../../services/detect/service.ts'
import { isCoded } from '../../services/domain/errors.ts'
import { type AnyOutput, DocumentProcessor } from '../../services/flow/documents.ts'
import { silentObserver } from '../../services/flow/observer.ts'
import { startService } from '../../services/flow/service.ts'
import type { Step } from '../../services/flow/step.ts'
import { openLearning } from '../../services/learning/open.ts'
import type { Platform } from '../../services/platform/platform.ts'
import { serviceNodes } from '../../services/topology.ts'
import type { Process } from './process.ts'
import type { ServiceUnderTest } from './services-under-test.ts'

/** A platform as a process gets it; what is shared through the log it opens by itself. */
export type Stands = Omit<Platform, 'budgets' | 'learning'>

interface StartedBy {
  readonly process: Process
  readonly runEffect: (effect: SendEffect) => Promise<SendResult>
  /** Budgets and what is learned are shared through the log; else each process has its own, of which nobody asks. */
  readonly shares: boolean
}

const deliverStep = createDeliverStep({
  ...deliverDefaults,
  providers: { sms: 'simulated', ivr: 'simulated', push: 'simulated' },
})

/** Starts a service in a process, as its supervisor does: again and again while the log is away. */
export async function started(service: ServiceUnderTest, stands: Stands, by: StartedBy): Promise<void> {
  for (;;) {
    try {
      return await startOnce(service, stands, by)
    } catch (error) {
      if (!isCoded(error) || !error.canRetry) throw error
      await by.process.scheduler.wait(1_000)
    }
  }
}

async function startOnce(service: ServiceUnderTest, stands: Stands, by: StartedBy): Promise<void> {
  const { flow, log, store, codec, clock, scheduler, fail } = stands
  const own = { log, store, codec, clock, scheduler, settings: flow, observer: silentObserver, onFailed: fail }
  switch (service) {
    case 'detect':
      await detect.start({ ...stands, budgets: localBudgets() })
      return
    case 'decide':
      await startDecide(stands, by)
      return
    case 'deliver': {
      const node = serviceNodes.deliver
      await startService<DocumentProcessor<DeliverState, SendEffect, SendResult>, SendEffect, SendResult>({
        ...own,
        node,
        createProcessor: () => new DocumentProcessor({ step: deliverStep, reads: node.reads, codec }),
        runEffect: by.runEffect,
      })
      return
    }
    case 'desk': {
      const node = serviceNodes.desk
      const step = createDeskStep() as unknown as Step<DeskState, never, AnyOutput>
      const createProcessor = () => new DocumentProcessor<DeskState>({ step, reads: node.reads, codec })
      await startService({ ...own, node, createProcessor })
    }
  }
}

const minute = 60_000

async function startDecide(stands: Stands, { process, shares }: StartedBy): Promise<void> {
  if (!shares) {
    await decide.start({ ...stands, budgets: localBudgets() })
    return
  }
  const { log, codec, clock, scheduler, control, catalogue, metrics, logger, fail } = stands
  const parts = { log, codec, clock, scheduler, logger, fail }
  const budgets: KnownBudgets = await openBudgets({
    ...parts,
    speed: 1,
    newId: process.newId,
    timing: { idleMs: 30 * minute, tidyEveryMs: minute },
  })
  const shared = { control, catalogue, counts: true, metrics, timing: { everyMs: minute } }
  const learning = await openLearning({ ...parts, ...shared })
  await decide.start({ ...stands, budgets, learning })
}
