import type { Urgency } from './lane.ts'

/** After so many services in a row one of marketing that waits has its turn. */
const servicesInARow = 4
/** Places that marketing leaves free, as a share: whoever serves needn't wait for answers of a slow channel. */
const keptFree = 0.1

/** Who may take one of a number of places, and who comes next: service first, and marketing never shut out. */
interface Turns {
  /** `width`: how many places there are. */
  hasRoom(urgency: Urgency, width: number): boolean
  /** It is somebody's turn. */
  called(urgency: Urgency): void
  entered(urgency: Urgency): void
  left(urgency: Urgency): void
  /** Of those urgencies of which somebody waits. */
  next(waits: (urgency: Urgency) => boolean, width: number): Urgency | undefined
  readonly inside: number
}

export function createTurns(): Turns {
  const inside: Record<Urgency, number> = { service: 0, marketing: 0 }
  let servicesSinceMarketing = 0
  const taken = () => inside.service + inside.marketing

  function hasRoom(urgency: Urgency, width: number): boolean {
    const marketingMax = width - Math.min(width - 1, Math.ceil(width * keptFree))
    return taken() < width && (urgency === 'service' || inside.marketing < marketingMax)
  }

  return {
    hasRoom,
    called(urgency) {
      servicesSinceMarketing = urgency === 'service' ? servicesSinceMarketing + 1 : 0
    },
    entered(urgency) {
      inside[urgency]++
    },
    left(urgency) {
      inside[urgency]--
    },
    next(waits, width) {
      const service = waits('service') && hasRoom('service', width)
      const marketing = waits('marketing') && hasRoom('marketing', width)
      if (service && !(marketing && servicesSinceMarketing >= servicesInARow)) return 'service'
      return marketing ? 'marketing' : undefined
    },
    get inside() {
      return taken()
    },
  }
}
