/**
 * How a reference device takes in all that the ledger says about it, in the one safe order.
 *
 * @module
 */

import type { Device } from '../../client/index.ts'
import { adoptComing } from './device-coming.ts'
import type { BornDevice, DeviceFolder } from './device-folder.ts'
import { beginByLedger, type DeviceStanding, keepUp, type LedgerPorts } from './device-ledger.ts'
import { adoptGrant } from './device-sealing.ts'

/**
 * New keys first, for a grant is to them; then its key: an anchor above a grant vouches to know it.
 *
 * @returns where it stands, and the device as its folder has it now
 * @throws NodeError VERIFICATION_FAILED, REQUEST_FAILED, DEVICE_BEHIND; ClientError
 */
export async function keepUpBySeal(
  device: Device,
  { folder, born }: { readonly folder: DeviceFolder; readonly born: BornDevice },
  ledger: LedgerPorts
): Promise<{ readonly standing: DeviceStanding; readonly born: BornDevice }> {
  await beginByLedger(device, ledger)
  const present = await adoptComing(folder, born, device)
  await adoptGrant(device, present, ledger)
  return { standing: await keepUp(device, ledger), born: present }
}
