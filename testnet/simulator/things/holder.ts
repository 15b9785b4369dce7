/**
 * Holders: owners with the product's own wallet, whose power fails too.
 *
 * @module
 */

import {
  createWallet,
  importWallet,
  localRotationSigner,
  type OwnerOrder,
  openWallet,
  planRekeying,
  type RotationSigner,
  recoveryHashesOf,
  signOwnerPresence,
  signPresence,
  type Wallet
} from '../../../client/index.ts'
import {
  equalBytes,
  invariant,
  keyHash,
  type OwnershipRecord,
  type PrivateKey,
  publicKeyOf
} from '../../../protocol/index.ts'
import type { Dice } from '../virtual/dice.ts'
import { START_TIME_MS } from '../virtual/virtual-clock.ts'
import type { Carrier, Standing } from './carrier.ts'
import { dying } from './dying.ts'
import { MortalRecord } from './mortal-record.ts'
import type { Thing } from './thing.ts'
import type { Unclaimed } from './thing-births.ts'

/** Whose wallet it is. */
export interface HolderOptions {
  readonly networkTag: Uint8Array
  readonly unclaimed: Unclaimed
  /** Words of a wallet that was there before; fresh ones unless said. */
  readonly seed?: Uint8Array
}

/** What it needs. */
export interface HolderPorts {
  readonly carrier: Carrier
  readonly dice: Dice
  readonly nowMs: () => number
  readonly mark: (name: string) => void
}

/** Names that a device brings for its next incarnation, with the key that it keeps for itself. */
interface Renewal {
  readonly signingKeyHash: Uint8Array
  readonly rotationKeyHash: Uint8Array
  readonly encryptionKey: Uint8Array
}

const RECOVERY_KEYS = 8
const DEATH_PERMILLE = 80
/** So slow is the clock of a telephone that takes an old wallet up: it has waited when it is set right. */
const SLOW_CLOCK_MS = 600_000

/** One owner, or one copy of its wallet. */
export class Holder {
  record: MortalRecord = new MortalRecord()
  readonly seed: Uint8Array
  readonly carrier: Carrier
  readonly #options: HolderOptions
  readonly #ports: HolderPorts
  #clockSlowMs = 0
  #wallet: Wallet | undefined

  constructor(options: HolderOptions, ports: HolderPorts) {
    this.#options = options
    this.#ports = ports
    this.carrier = ports.carrier
    this.seed = options.seed ?? this.#random(32)
  }

  /** The client. */
  get wallet(): Wallet {
    invariant(this.#wallet !== undefined, 'a wallet is made before it is used')
    return this.#wallet
  }

  /** Acts that are not seen to count yet. */
  get openCount(): number {
    return this.wallet.pending(this.#deviceId).length
  }

  /** Whether it may sign an act now. */
  get mayAct(): boolean {
    return this.wallet.judgeAct(this.#deviceId) === undefined
  }

  /** Makes the wallet. */
  async begin(): Promise<void> {
    const recoveryHashes = recoveryHashesOf(this.seed, RECOVERY_KEYS)
    this.#wallet = await createWallet({ seed: this.seed, recoveryHashes }, this.#walletPorts)
  }

  /** Makes it of the record of another one that was stolen, which is simply opened. */
  async beginAsCopy({ record }: Holder): Promise<void> {
    this.record = record.copy
    this.#wallet = await openWallet(this.#walletPorts)
  }

  /** Makes it of what another one exported, on a telephone whose clock is set right later. */
  async beginAsImport({ wallet }: Holder): Promise<void> {
    this.#clockSlowMs = SLOW_CLOCK_MS
    this.#wallet = await importWallet(wallet.exported, this.#walletPorts)
    this.#clockSlowMs = 0
  }

  /** Takes up a device whose words are known, on a telephone whose clock is set right later. */
  async adopt({ ownership, timeMs }: Standing): Promise<void> {
    const { networkTag } = this.#options
    this.#clockSlowMs = SLOW_CLOCK_MS
    await this.wallet.adopt({ networkTag, deviceId: this.#deviceId }, { ownership, timeMs })
    this.#clockSlowMs = 0
  }

  /** Signs the claim of a device that nobody owns. */
  async claim(): Promise<void> {
    const { networkTag, unclaimed } = this.#options
    const { birth, record } = unclaimed
    const { inceptionBytes, boxSeed, secrets } = birth
    const { attestationKey } = secrets
    const box = { inceptionBytes, boxSeed, birth: record }
    const options = { networkTag, box, birth: record, rotationThreshold: 1, guardians: null }
    await this.#live(() =>
      this.wallet.claim(options, async (signedBody) => {
        const presence = signPresence(signedBody, { networkTag, inceptionBytes, attestationKey })
        return presence.ok ? presence.value : undefined
      })
    )
  }

  /** Signs the acceptance of an offer, be it that nobody made it one. */
  async accept(
    thing: Thing,
    ownership: OwnershipRecord,
    rotationKey: PrivateKey
  ): Promise<boolean> {
    const { networkTag, unclaimed } = this.#options
    const { attestationKey } = unclaimed.birth.secrets
    const { deviceId } = thing
    const coming = await this.#renewalOf(thing, rotationKey)
    const options = { networkTag, deviceId, ownership, coming, guardians: null }
    const accepted = await this.#live(() =>
      this.wallet.accept(options, async (signedBody) => {
        const device = { networkTag, deviceId, attestationKey, rotationKey, coming }
        const presence = signOwnerPresence(signedBody, device)
        return presence.ok ? presence.value : undefined
      })
    )
    return accepted?.ok === true
  }

  /** Sends what is open, and takes in how the device stands. */
  async turn(standing: Standing | undefined): Promise<void> {
    if (standing !== undefined)
      await this.#live(() => this.wallet.observe(this.#deviceId, standing))
    const open = this.wallet.pending(this.#deviceId)
    await Promise.all(open.map(({ wire }) => this.carrier.hand(wire)))
  }

  /** Orders something; false when the wallet does not sign it, or died over it. */
  async order(order: OwnerOrder, signers: readonly RotationSigner[] = []): Promise<boolean> {
    const act = await this.#live(() => this.wallet.act(this.#deviceId, order, signers))
    if (act?.ok !== true) return false
    this.#ports.mark(`things:ordered/${order.kind}`)
    await this.carrier.hand(act.value.wire)
    return true
  }

  /**
   * Gives the device new keys.
   *
   * @param keys - rotation keys that the device has had, the present one last
   */
  async renew(
    thing: Thing,
    { device, ownership }: Standing,
    keys: { readonly known: readonly PrivateKey[]; readonly next: PrivateKey }
  ): Promise<boolean> {
    const { networkTag } = this.#options
    const signers = keys.known.map((key) => localRotationSigner(key, networkTag))
    const renewal = await this.#renewalOf(thing, keys.next)
    const shown = keys.known.map((key) => keyHash(publicKeyOf(key)))
    const isListed = (hash: Uint8Array): boolean =>
      ownership.rotationKeyHashes.some((other) => equalBytes(hash, other))
    const plan = planRekeying({ ownership, incarnation: device.incarnation }, signers, {
      newSigningKeyHash: renewal.signingKeyHash,
      newEncryptionKey: renewal.encryptionKey,
      deviceRotationKeyHash: renewal.rotationKeyHash,
      oldDeviceRotationKeyHash: shown.find(isListed) ?? null,
      freeRecoveryHash: this.wallet.freeRecoveryHash
    })
    if (!plan.ok) return false
    const { part } = plan.value
    const isSound = device.evidenceMask === 0 && device.quarantine === null
    const answer = {
      evidenceId: new Uint8Array(32),
      goodBranch: 0,
      disputedFromSequence: 0,
      reason: 1
    }
    const order: OwnerOrder = isSound
      ? { kind: 'rotate', ...part }
      : { kind: 'recover', ...part, ...answer }
    return await this.order(order, plan.value.signers)
  }

  async #renewalOf(thing: Thing, rotationKey: PrivateKey): Promise<Renewal> {
    return {
      signingKeyHash: await thing.prepare(),
      rotationKeyHash: keyHash(publicKeyOf(rotationKey)),
      encryptionKey: this.#random(32)
    }
  }

  /** Does something at which the power may fail; undefined when it did, and the wallet is open again. */
  async #live<Result>(act: () => Promise<Result>): Promise<Result | undefined> {
    const { dice, mark } = this.#ports
    if (dice.happens(DEATH_PERMILLE)) this.record.fate = dice.pick(['dies-before', 'dies-after'])
    const result = await dying(act)
    this.record.fate = 'kept'
    if (result !== 'died') return result.value
    mark('things:wallet-died')
    this.#wallet = await openWallet(this.#walletPorts)
    return undefined
  }

  get #walletPorts(): { readonly storage: MortalRecord; readonly now: () => number } {
    const now = (): number => START_TIME_MS + this.#ports.nowMs() - this.#clockSlowMs
    return { storage: this.record, now }
  }

  get #deviceId(): Uint8Array {
    return this.#options.unclaimed.birth.deviceId
  }

  #random(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#ports.dice.below(256))
  }
}
