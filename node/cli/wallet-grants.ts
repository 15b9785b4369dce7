/**
 * Sharing signed by a wallet: the port that grants ask for, filled by the keys that a wallet keeps.
 *
 * @module
 */

import type { SignOwnerAct } from '../../client/index.ts'
import { usage } from './command.ts'
import { explainOwnerCode } from './device-words.ts'
import { type LookDesk, lookAt } from './wallet-desk.ts'
import { type WalletPlace, withWallet } from './wallet-folder.ts'

/**
 * Gives a signer for one act of one device, and takes in afterwards what became of it.
 *
 * @throws NodeError USAGE_WRONG where the wallet may not act for the device; ClientError
 */
export function withWalletSigner<Result>(
  place: WalletPlace,
  deviceId: Uint8Array,
  ports: Pick<LookDesk, 'network' | 'transport'>,
  use: (sign: SignOwnerAct) => Promise<Result>
): Promise<Result> {
  return withWallet(place, async (wallet) => {
    const look = async (): Promise<void> => {
      const seen = await wallet.observe(deviceId, await lookAt(deviceId, ports))
      if (!seen.ok) throw usage(explainOwnerCode(seen.fault))
    }
    await look()
    if (wallet.pending(deviceId).length > 0)
      throw usage('an act for this device is in flight: share when it is final')
    try {
      return await use(async (id, order) => {
        const act = await wallet.act(id, order)
        if (!act.ok) throw usage(explainOwnerCode(act.fault))
        return act.value
      })
    } finally {
      // Only to have a tidy wallet: what this cannot learn now, the next command learns.
      await look().catch(() => undefined)
    }
  })
}
