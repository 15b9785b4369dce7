/**
 * Wallets over a ledger in memory: a clock that tests turn, real proofs, and a device that is present.
 *
 * @module
 */

import {
  type CoseSignature,
  invariant,
  keyHash,
  type Outcome,
  type OwnershipRecord,
  ownerships,
  type PrivateKey,
  publicKeyOf
} from '../../protocol/index.ts'
import { drawPrivateKey, encryptionKeyOf } from '../device-keys.ts'
import { LedgerFollower, trustGenesis } from '../ledger-follower.ts'
import type { OwnerOrder } from '../owner-acts.ts'
import { signDeviceRotation, signOwnerPresence } from '../owner-device.ts'
import { type RotationSigner, recoveryHashesOf } from '../owner-rotation.ts'
import {
  type DeviceFacts,
  proveDevice,
  proveRecord,
  type StandingPorts
} from '../owner-standing.ts'
import type { ComingKeys } from '../owner-transfer.ts'
import { signPresence } from '../presence.ts'
import type { SignedTransaction } from '../signed-transaction.ts'
import { type AskPresence, createWallet, openWallet, type Wallet } from '../wallet.ts'
import type { ProvedOwnership, SignedOwnerAct } from '../wallet-state.ts'
import { type ClaimedDevice, claimDevice, MortalStorage, seededRandom } from './fixtures.ts'

/** The keys of a device that stands beside whoever acts. */
export interface DeviceBeside {
  readonly deviceId: Uint8Array
  readonly attestationKey: PrivateKey
  readonly rotationKey: PrivateKey
  readonly next: PrivateKey
  readonly coming: ComingKeys
}

/** A ledger, a clock and a device that nobody owns yet. */
export class WalletWorld {
  readonly claimed: ClaimedDevice
  readonly ports: StandingPorts
  readonly #random = seededRandom(4_711)
  /** What a wallet takes for now; a test turns it. */
  nowMs = 1_700_000_000_000

  constructor(seed = 61) {
    this.claimed = claimDevice('Ed25519', seededRandom(seed))
    const { ledger } = this.claimed
    const follower = trustGenesis(ledger.genesis)
    invariant(follower instanceof LedgerFollower, 'genesis is trusted')
    this.ports = {
      ledger: follower,
      transport: {
        readProof: async (table, key) => ledger.readProof(table, key),
        seals: async (from) => ledger.seals(from)
      }
    }
  }

  get deviceId(): Uint8Array {
    return this.claimed.unclaimed.birth.deviceId
  }

  readonly now = (): number => this.nowMs

  /** A new wallet, with four recovery keys. */
  async wallet(seedByte: number, storage: MortalStorage = new MortalStorage()): Promise<Wallet> {
    const seed = new Uint8Array(32).fill(seedByte)
    const recoveryHashes = recoveryHashesOf(recoverySeedOf(seedByte), 4)
    return createWallet({ seed, recoveryHashes }, { storage, now: this.now })
  }

  /** Opens a wallet that is stored. */
  open(storage: MortalStorage): Promise<Wallet> {
    return openWallet({ storage, now: this.now })
  }

  /** Claims the device that nobody owns, and sees it count. */
  async claim(wallet: Wallet): Promise<SignedTransaction> {
    const claimed = await this.signClaim(wallet)
    invariant(claimed.ok, 'a claim is signed')
    const [outcome] = this.execute([claimed.value])
    invariant(outcome?.outcome === 'applied', `a claim counts, not ${outcome?.code}`)
    const seen = await wallet.observe(this.deviceId, await this.owned())
    invariant(seen.ok, 'a claim that counted is seen')
    return claimed.value
  }

  /** Signs the claim alone. */
  signClaim(wallet: Wallet): ReturnType<Wallet['claim']> {
    const { ledger, unclaimed } = this.claimed
    const { birth, record } = unclaimed
    const { inceptionBytes, boxSeed, secrets } = birth
    const { networkTag } = ledger
    const { attestationKey } = secrets
    const box = { inceptionBytes, boxSeed, birth: record }
    const options = { networkTag, box, birth: record, rotationThreshold: 1, guardians: null }
    return wallet.claim(options, async (signedBody) => {
      const presence = signPresence(signedBody, { networkTag, inceptionBytes, attestationKey })
      return presence.ok ? presence.value : undefined
    })
  }

  /** Puts transactions into the next block. */
  execute(transactions: readonly SignedTransaction[]): readonly Outcome[] {
    const outcomes = this.claimed.ledger.execute(transactions.map(({ wire }) => wire))
    this.nowMs = Math.max(this.nowMs, 1_700_000_000_000 + this.claimed.ledger.height * 1_000)
    return outcomes
  }

  /** The verdicts of transactions of the next block: `applied`, `void OFFER_OPEN`. */
  verdicts(transactions: readonly SignedTransaction[]): readonly string[] {
    return this.execute(transactions).map(({ outcome, code }) =>
      code === null ? outcome : `${outcome} ${code}`
    )
  }

  /** The ownership record, proved. */
  async owned(): Promise<ProvedOwnership> {
    const proved = await proveRecord(ownerships, this.deviceId, this.ports)
    invariant(proved.ok && proved.value.record !== undefined, 'the device has an owner')
    return { ownership: proved.value.record as OwnershipRecord, timeMs: proved.value.timeMs }
  }

  /** Everything about the device, proved. */
  async facts(): Promise<DeviceFacts> {
    const facts = await proveDevice(this.deviceId, this.ports)
    invariant(facts.ok, 'the device is on the ledger')
    return facts.value
  }

  /** Lets time pass, on the clock and on the ledger alike. */
  async pass(spanMs: number): Promise<void> {
    const { ledger } = this.claimed
    this.nowMs += spanMs
    const blocks = Math.ceil((this.nowMs - 1_700_000_000_000) / 1_000) - ledger.height
    for (let block = 0; block < blocks; block++) ledger.execute([])
  }

  /** The device with fresh keys for its next incarnation. */
  beside(given?: PrivateKey): DeviceBeside {
    const { birth } = this.claimed.unclaimed
    const rotationKey = given ?? birth.secrets.rotationKey
    const [signing, next] = [this.#draw(), this.#draw()]
    return {
      deviceId: birth.deviceId,
      attestationKey: birth.secrets.attestationKey,
      rotationKey,
      next,
      coming: {
        signingKeyHash: keyHash(publicKeyOf(signing)),
        rotationKeyHash: keyHash(publicKeyOf(next)),
        encryptionKey: encryptionKeyOf(this.#random(32))
      }
    }
  }

  /** The presence of a device for whatever it is asked. */
  presence(device: DeviceBeside): AskPresence {
    const { networkTag } = this.claimed.ledger
    return async (signedBody): Promise<CoseSignature | undefined> => {
      const signed = signOwnerPresence(signedBody, { networkTag, ...device })
      return signed.ok ? signed.value : undefined
    }
  }

  /** The device's rotation key. */
  rotation(device: DeviceBeside): RotationSigner {
    const { networkTag } = this.claimed.ledger
    return {
      publicKey: publicKeyOf(device.rotationKey),
      sign: async (signedBody) => {
        const signed = signDeviceRotation(signedBody, { networkTag, ...device })
        return signed.ok ? signed.value : undefined
      }
    }
  }

  #draw(): PrivateKey {
    return drawPrivateKey('Ed25519', this.#random)
  }
}

/** An act that must be signed. */
export async function signAct(
  wallet: Wallet,
  { deviceId }: WalletWorld,
  order: OwnerOrder
): Promise<SignedOwnerAct> {
  const act = await wallet.act(deviceId, order)
  invariant(act.ok, `the wallet signs, not ${act.ok ? '' : act.fault}`)
  return act.value
}

/** The seed of a wallet's recovery keys. */
export function recoverySeedOf(seedByte: number): Uint8Array {
  return new Uint8Array(32).fill(seedByte + 100)
}
