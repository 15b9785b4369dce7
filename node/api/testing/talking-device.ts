/**
 * A device that talks: readings that become final one by one, for tests of who listens.
 *
 * @module
 */

import type { HttpWorld } from './http-world.ts'

/** Makes this many final readings, each in a block of its own. */
export async function say(
  { post, device, ledger }: HttpWorld,
  from: number,
  to: number
): Promise<void> {
  for (let sequence = from; sequence <= to; sequence++) {
    const { status } = await post('', 'application/cbor', device.message(sequence))
    if (status !== 202) throw new Error(`a reading was answered with ${status}`)
    ledger.finalise()
  }
}
