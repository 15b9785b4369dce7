/**
 * Which packet on its way to a client carries which message of its kept queue.
 *
 * The broker numbers packets by a counter while they are queued and by a packet id once they are
 * written; only the id comes back. The outbox has a bounded number under way, so this has too.
 *
 * @module
 */

/** The packets of one client. */
export interface PacketPlaces {
  /** The next message handed to the broker carries this number, or none. */
  readonly announce: (number: number | undefined) => void
  /** The broker took it, with this counter. */
  readonly queued: (counter: number) => void
  /** The broker writes it, under this packet id. */
  readonly written: (counter: number, packetId: number) => void
  /** The client acknowledged a packet: the number that it carried. */
  readonly take: (packetId: number | undefined) => number | undefined
}

/** Opens the places of one client. */
export function createPacketPlaces(): PacketPlaces {
  const byCounter = new Map<number, number>()
  const byId = new Map<number, number>()
  let announced: number | undefined
  return {
    announce: (number) => {
      announced = number
    },
    queued: (counter) => {
      if (announced !== undefined) byCounter.set(counter, announced)
      announced = undefined
    },
    written: (counter, packetId) => {
      const number = byCounter.get(counter)
      byCounter.delete(counter)
      if (number !== undefined) byId.set(packetId, number)
    },
    take: (packetId) => {
      if (packetId === undefined) return undefined
      const number = byId.get(packetId)
      byId.delete(packetId)
      return number
    }
  }
}
