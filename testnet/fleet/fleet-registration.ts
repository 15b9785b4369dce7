/**
 * Registration of the fleet: all devices are born in one batch of their maker, and claimed each.
 *
 * As for a single device, everything is stored before it is needed, and a registration that was
 * interrupted is simply begun again.
 *
 * @module
 */

import {
  type BirthTree,
  createBirthTree,
  type SignedTransaction,
  systemRandomBytes
} from '../../client/index.ts'
import {
  type BornDevice,
  bytesOf,
  type DeviceFolder,
  withDeviceFolder
} from '../../node/cli/device-folder.ts'
import { giveBirth, openOrCreate, signClaim } from '../../node/cli/device-new.ts'
import type { Maker } from '../../node/cli/maker.ts'
import {
  REFERENCE_PROFILE,
  type RegistrationPorts,
  registerDevice,
  registerMaker,
  signBirths
} from '../../node/cli/registration.ts'
import { invariant, type Profile, RATE_PER_HOUR_MAX, toHex } from '../../protocol/index.ts'

/** Claims that are under way at once. */
const CLAIMS_AT_ONCE = 16

/** A class whose devices may send at any rate that the fleet is asked for. */
const FLEET_PROFILE: Profile = {
  ...REFERENCE_PROFILE,
  rateBurst: RATE_PER_HOUR_MAX,
  ratePerHour: RATE_PER_HOUR_MAX
}

/**
 * Sees to it that the devices of these folders are on the ledger.
 *
 * @returns how many were registered now
 */
export async function registerFleet(
  folders: readonly string[],
  maker: Maker,
  ports: RegistrationPorts
): Promise<number> {
  const unclaimed: { readonly path: string; readonly born: BornDevice }[] = []
  for (const path of folders) {
    const born = await withDeviceFolder(path, (folder) => bornUnlessClaimed(folder, maker, ports))
    if (born !== null) unclaimed.push({ path, born })
  }
  if (unclaimed.length === 0) return 0
  await registerMaker(maker, ports, FLEET_PROFILE)
  await signMissingActs(unclaimed, maker, ports)
  const [first, ...others] = unclaimed.map(({ path }) => path)
  // The first one brings the birth of all.
  if (first !== undefined) await claim(first, ports)
  const lanes = Array.from({ length: CLAIMS_AT_ONCE }, async () => {
    for (let path = others.shift(); path !== undefined; path = others.shift())
      await claim(path, ports)
  })
  await Promise.all(lanes)
  return unclaimed.length
}

async function bornUnlessClaimed(
  folder: DeviceFolder,
  maker: Maker,
  { network }: RegistrationPorts
): Promise<BornDevice | null> {
  const born = (await folder.readBorn()) ?? (await giveBirth(folder, network, maker))
  const { state } = await openOrCreate(folder, born)
  return state.headMessageId === null ? born : null
}

async function signMissingActs(
  unclaimed: readonly { readonly path: string; readonly born: BornDevice }[],
  maker: Maker,
  ports: RegistrationPorts
): Promise<void> {
  const without = unclaimed.filter(({ born }) => born.acts === null)
  if (without.length === 0) return
  const tree = createBirthTree(
    without.map(({ born }) => bytesOf(born.deviceId)),
    systemRandomBytes
  )
  const birthBatch = await signBirths(maker, tree, ports)
  for (const { path, born } of without)
    await withDeviceFolder(path, (folder) =>
      folder.writeBorn({ ...born, acts: actsOf(born, { tree, birthBatch }, ports) })
    )
}

function actsOf(
  born: BornDevice,
  { tree, birthBatch }: { readonly tree: BirthTree; readonly birthBatch: SignedTransaction },
  { network }: RegistrationPorts
): NonNullable<BornDevice['acts']> {
  const place = tree.placeOf(bytesOf(born.deviceId))
  invariant(place !== undefined, 'the device is in the tree of its birth')
  const birth = { birthBatchId: birthBatch.transactionId, ...place }
  const { transactionId, wire } = signClaim(born, birth, network.networkTag)
  return {
    birthBatchId: toHex(birthBatch.transactionId),
    birthBatch: toHex(birthBatch.wire),
    claimId: toHex(transactionId),
    claim: toHex(wire)
  }
}

async function claim(path: string, ports: RegistrationPorts): Promise<void> {
  await withDeviceFolder(path, async (folder) => {
    const born = await folder.readBorn()
    const acts = born?.acts ?? null
    invariant(
      born !== undefined && acts !== null,
      'the acts of a device are signed before they are sent'
    )
    const claimId = bytesOf(acts.claimId)
    await registerDevice(
      {
        deviceId: bytesOf(born.deviceId),
        birthBatch: { transactionId: bytesOf(acts.birthBatchId), wire: bytesOf(acts.birthBatch) },
        claim: { transactionId: claimId, wire: bytesOf(acts.claim) }
      },
      ports
    )
    const begun = await (await openOrCreate(folder, born)).beginIncarnation(0, claimId)
    invariant(begun.ok, 'a device that was never claimed begins its first incarnation')
  })
}
