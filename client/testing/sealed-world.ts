/**
 * A claimed device whose owner shares it, on the real rules: for tests of sealed data and commands.
 *
 * @module
 */

import {
  type DeviceRecord,
  devices,
  invariant,
  type Outcome,
  type OwnershipRecord,
  ownerships,
  type Profile,
  type ReadersRecord,
  readers,
  type Table
} from '../../protocol/index.ts'
import { checkRead } from '../checks.ts'
import type { Device } from '../device.ts'
import { type LedgerFollower, trustGenesis } from '../ledger-follower.ts'
import type { RandomBytes } from '../random.ts'
import type { DataKey } from '../sealed-data.ts'
import type { ReaderTerm } from '../sealed-grant.ts'
import { createSeedSigner, type SignOwnerAct, signGrant } from '../sealed-owner.ts'
import { drawReader, type ReaderKeys, SealedReader } from '../sealed-reader.ts'
import { deviceDataKey, type GrantRecords } from '../sealed-records.ts'
import type { SignedTransaction } from '../signed-transaction.ts'
import {
  type ClaimedDevice,
  claimDevice,
  EASY_PROFILE,
  MortalStorage,
  seededRandom,
  startDevice
} from './fixtures.ts'

/** Later than any block of a test. */
export const LATE_MS = 2_000_000_000_000

/** One device, its owner, and the ledger between them. */
export class SealedWorld {
  readonly claimed: ClaimedDevice
  readonly device: Device
  readonly storage: MortalStorage
  readonly randomBytes: RandomBytes
  readonly network: LedgerFollower
  readonly signOwnerAct: SignOwnerAct
  /** All bytes that ever went onto the ledger. */
  readonly wires: Uint8Array[] = []

  private constructor(claimed: ClaimedDevice, device: Device, storage: MortalStorage) {
    const { ledger, walletSeed } = claimed
    this.claimed = claimed
    this.device = device
    this.storage = storage
    this.randomBytes = seededRandom(4_711)
    this.network = trustGenesis(ledger.genesis)
    this.signOwnerAct = createSeedSigner({ networkTag: ledger.networkTag, walletSeed }, 0)
  }

  static async start(seed: number, profile: Partial<Profile> = {}): Promise<SealedWorld> {
    const claimed = claimDevice('Ed25519', seededRandom(seed), { ...EASY_PROFILE, ...profile })
    const storage = new MortalStorage()
    return new SealedWorld(claimed, await startDevice(claimed, 1, storage), storage)
  }

  get deviceId(): Uint8Array {
    return this.claimed.birth.deviceId
  }

  get networkTag(): Uint8Array {
    return this.claimed.ledger.networkTag
  }

  /** The next block. */
  execute(wires: readonly Uint8Array[]): readonly Outcome[] {
    this.wires.push(...wires)
    return this.claimed.ledger.execute(wires)
  }

  /** A record as a client has it: proved. */
  read<Record>(table: Table<Record>): Record | null {
    const place = { table: table.number, key: this.deviceId }
    const proof = this.claimed.ledger.readProof(place.table, place.key)
    const read = checkRead(this.network, place, proof)
    invariant(read.ok, 'the ledger of a test proves its records')
    return read.value.value === null ? null : table.decode(read.value.value)
  }

  get record(): DeviceRecord {
    return this.read(devices) as DeviceRecord
  }

  get ownership(): OwnershipRecord {
    return this.read(ownerships) as OwnershipRecord
  }

  get grantRecords(): GrantRecords {
    return { device: this.record, readers: this.read(readers) as ReadersRecord | null }
  }

  /** A new reader of this device. */
  drawReader(): ReaderKeys {
    return drawReader({ networkTag: this.networkTag, deviceId: this.deviceId }, this.randomBytes)
  }

  /** A grant to exactly these, signed by the owner. */
  async signGrant(keys: readonly Pick<ReaderKeys, 'readerKey'>[]): Promise<SignedTransaction> {
    const { networkTag, deviceId, randomBytes, signOwnerAct: sign } = this
    const { dataKeyEpoch } = this.record
    const { encryptionKey } = this.ownership
    const terms: ReaderTerm[] = keys.map(({ readerKey }) => ({ readerKey, notAfterMs: LATE_MS }))
    const device = { networkTag, deviceId, dataKeyEpoch, encryptionKey }
    const signed = await signGrant(device, terms, { sign, randomBytes })
    invariant(signed.ok, 'an owner grants to sound keys')
    return signed.value
  }

  /** A grant that the ledger applies. */
  async grant(keys: readonly Pick<ReaderKeys, 'readerKey'>[]): Promise<void> {
    const { wire } = await this.signGrant(keys)
    const [outcome] = this.execute([wire])
    invariant(outcome?.outcome === 'applied', 'the owner grants')
  }

  /** The key that the device finds for itself. */
  async deviceKey(): Promise<DataKey> {
    const { networkTag, deviceId } = this
    const secret = this.claimed.birth.secrets.encryptionSecret
    const found = await deviceDataKey({ networkTag, deviceId, secret }, this.grantRecords)
    invariant(found.ok, 'a device opens its wrap')
    return found.value
  }

  /** The device sees the last grant, and seals by it. */
  async adopt(): Promise<void> {
    invariant((await this.device.adoptDataKey(await this.deviceKey())).ok, 'a newer key is adopted')
  }

  /** Says content and has it executed at once. */
  async say(contentKind: number, content: Uint8Array): Promise<Uint8Array> {
    const said = await this.device.say(contentKind, content)
    invariant(said.ok, 'the device can say it')
    await this.carry()
    return said.value.wire
  }

  /** Carries what is on the list, and settles it. */
  async carry(): Promise<readonly Outcome[]> {
    const messages = this.device.pending()
    const outcomes = this.execute(messages.map(({ wire }) => wire))
    for (const [index, { outcome, code }] of outcomes.entries()) {
      const { messageId } = messages[index] as (typeof messages)[number]
      await this.device.settle(messageId, outcome, code)
    }
    return outcomes
  }
}

/** A world with one reader who saw each grant. */
export async function share(
  world: SealedWorld
): Promise<{ readonly reader: SealedReader; readonly grant: () => Promise<void> }> {
  const keys = world.drawReader()
  const reader = new SealedReader(keys)
  const grant = async (): Promise<void> => {
    await world.grant([keys])
    invariant((await reader.adopt(world.grantRecords)).ok, 'a reader finds its wrap')
  }
  await grant()
  return { reader, grant }
}
