/**
 * A device in its box: born on the ledger, and claimed by nobody yet.
 *
 * @module
 */

import { createBirthTree, encodeBox, systemRandomBytes } from '../../client/index.ts'
import { invariant } from '../../protocol/index.ts'
import { type BornDevice, bytesOf } from './device-folder.ts'
import { writeNewFile } from './files.ts'
import type { Maker } from './maker.ts'
import {
  type RegistrationPorts,
  registerBirths,
  registerMaker,
  signBirths
} from './registration.ts'

const SECRET_MODE = 0o600

/**
 * Has a maker give birth to a device, and writes what its box says.
 *
 * Cut off before the box is written, the next run gives birth to it once more: a device may stand in
 * several batches, and can be claimed from one.
 *
 * @throws NodeError or ClientError
 */
export async function packDevice(packing: {
  readonly born: BornDevice
  readonly maker: Maker
  readonly registration: RegistrationPorts
  readonly boxFile: string
}): Promise<void> {
  const { born, maker, registration, boxFile } = packing
  const deviceId = bytesOf(born.deviceId)
  await registerMaker(maker, registration)
  const tree = createBirthTree([deviceId], systemRandomBytes)
  const place = tree.placeOf(deviceId)
  invariant(place !== undefined, 'the device is in the tree of its own birth')
  const birthBatch = await signBirths(maker, tree, registration)
  await registerBirths(birthBatch, registration)
  const content = encodeBox({
    inceptionBytes: bytesOf(born.inception),
    boxSeed: bytesOf(born.boxSeed),
    birth: { birthBatchId: birthBatch.transactionId, ...place }
  })
  // Whoever reads it may claim the device: it is for the buyer's eyes.
  await writeNewFile({ path: boxFile, content, mode: SECRET_MODE })
}
