import type { AcceptedPart, ChannelListener, Log } from '../channel.ts'
import { faultCodeOf } from '../fault-code.ts'

/**
 * Tells that the provider took a part. It has left, whatever becomes of the index: what fails here is logged, and costs what is told
 * of the message later only. Never rejects.
 */
export async function tellAccepted(
  listener: ChannelListener | undefined,
  part: AcceptedPart,
  provider: string,
  log: Log,
): Promise<void> {
  try {
    await listener?.accepted(part)
  } catch (error) {
    log.error(
      { provider, code: faultCodeOf(error) },
      'a message id could not be kept: what is told of it later will not be known',
    )
  }
}
