/**
 * A device with an owner, for tests of what owners and others do: real keys, real transactions, one
 * state that goes on from act to act.
 *
 * @module
 */

import { type PrivateKey, publicKeyOf } from '../crypto/signing.ts'
import { invariant } from '../foundation/invariant.ts'
import { executeTransaction } from '../ledger/execute-transaction.ts'
import { LedgerView } from '../ledger/ledger-view.ts'
import { birthBatches } from '../ledger/records/birth-batch-record.ts'
import { recentBlockKey, recentBlocks } from '../ledger/records/chain-record.ts'
import { classVersionKey, classVersions } from '../ledger/records/class-record.ts'
import { type DeviceRecord, devices } from '../ledger/records/device-record.ts'
import { members } from '../ledger/records/member-record.ts'
import { type OwnershipRecord, ownerships } from '../ledger/records/ownership-record.ts'
import { type DeviceMessage, encodeDeviceMessage } from '../transactions/device-message.ts'
import { encodeGuardianAct, GUARDIAN_ACT_KIND } from '../transactions/guardian-act.ts'
import type { OwnerPrefix } from '../transactions/owner-act.ts'
import type { Profile } from '../transactions/profile.ts'
import type { Rekeying } from '../transactions/rekeying.ts'
import type { Transaction } from '../transactions/transaction.ts'
import { encodeTransferAccept, TRANSFER_ACCEPT_KIND } from '../transactions/transfer-accept.ts'
import {
  ATTESTATION,
  BUYER,
  deviceKey,
  GUARDIANS,
  guardianTree,
  hashOf,
  OWNERSHIP,
  ownerKey,
  ROTATION
} from './owned-device-keys.ts'
import {
  BIRTH_BATCH,
  BIRTH_BATCH_ID,
  bytes32,
  CARRIER_ID,
  CLASS_ID,
  CLASS_VERSION,
  DEFAULT_PARAMETERS,
  HEIGHT,
  NETWORK_TAG,
  PROFILE,
  RuleLedger,
  signTransaction,
  type TestSigner,
  TIME_MS
} from './rule-ledger.ts'
import { DEVICE, DEVICE_ID, READING } from './speaking-device.ts'

/** A device with its owner, and what has become of both. */
export class OwnedDevice {
  state: LedgerView
  timeMs: number = TIME_MS
  height: number = HEIGHT

  constructor(
    given: {
      readonly device?: Partial<DeviceRecord>
      readonly ownership?: Partial<OwnershipRecord>
      readonly profile?: Partial<Profile>
    } = {}
  ) {
    const { state } = new RuleLedger()
    this.state = state
    state.write(birthBatches, BIRTH_BATCH_ID, BIRTH_BATCH)
    state.write(classVersions, classVersionKey(CLASS_ID, 1), {
      ...CLASS_VERSION,
      profile: { ...PROFILE, onFork: 1, ...given.profile }
    })
    state.write(devices, DEVICE_ID, {
      ...DEVICE,
      sequence: 0,
      signingKeyHash: hashOf(deviceKey(1)),
      signingKeyUses: 0,
      ...given.device
    })
    state.write(ownerships, DEVICE_ID, { ...OWNERSHIP, ...given.ownership })
    const carrier = state.read(members, CARRIER_ID)
    invariant(carrier !== undefined, 'the ledger has a carrier')
    const introductions = { tokens: 100, filledAtMs: TIME_MS }
    state.write(members, CARRIER_ID, { ...carrier, introductions })
  }

  /** The device's record. */
  get device(): DeviceRecord {
    return this.state.read(devices, DEVICE_ID) as DeviceRecord
  }

  /** The owner's record. */
  get ownership(): OwnershipRecord {
    return this.state.read(ownerships, DEVICE_ID) as OwnershipRecord
  }

  /** Positions 1 to 4 of the owner's next act, or of one further on. */
  prefix(ahead: number = 1): OwnerPrefix {
    const ownerSequence = this.ownership.ownerSequence + ahead
    return {
      deviceId: DEVICE_ID,
      ownerSequence,
      ownerKey: publicKeyOf(ownerKey(ownerSequence)),
      nextOwnerKeyHash: hashOf(ownerKey(ownerSequence + 1))
    }
  }

  /** Signs an act of the owner, whose prefix names the key. */
  sign(kind: number, body: Uint8Array, others: readonly TestSigner[] = []): Transaction {
    const { ownerSequence } = this.ownership
    return this.signBy(ownerKey(ownerSequence + 1), kind, { body, others })
  }

  /** The same with a key of one's choice. */
  signBy(
    key: PrivateKey,
    kind: number,
    { body, others = [] }: { readonly body: Uint8Array; readonly others?: readonly TestSigner[] }
  ): Transaction {
    return signTransaction(kind, body, [{ role: 'owner', key }, ...others])
  }

  /** Executes a transaction in a block of its own: what became of it, as tables write it. */
  play(transaction: Transaction): string {
    const state = new LedgerView(this.state)
    const { outcome, code } = executeTransaction(transaction, {
      state,
      networkTag: NETWORK_TAG,
      parameters: DEFAULT_PARAMETERS,
      height: this.height++,
      timeMs: this.timeMs,
      carrierId: CARRIER_ID
    })
    this.state = state
    return code === null ? outcome : `${outcome} ${code}`
  }

  /** Time passes. */
  wait(ms: number): void {
    this.timeMs += ms
  }

  /** The next message of the device, or one with other fields, under the key of its number. */
  say(
    change: Partial<DeviceMessage> & { readonly content?: Uint8Array; readonly key?: number } = {}
  ): Transaction {
    const { device } = this
    const { content = READING, key: number = device.sequence + 1, ...fields } = change
    const key = deviceKey(number)
    const body = encodeDeviceMessage(
      {
        deviceId: DEVICE_ID,
        incarnation: device.incarnation,
        sequence: device.sequence + 1,
        previousMessageId: device.headMessageId,
        signingKey: publicKeyOf(key),
        nextSigningKeyHash: hashOf(deviceKey(number + 1)),
        anchorHeight: 0,
        anchorId: new Uint8Array(16),
        contentKind: 0,
        dataKeyEpoch: 0,
        ...fields
      },
      content
    )
    return signTransaction(1, body, [{ role: 'device', key }], content)
  }

  /** The re-keying part by which the owner and two rotation keys renew the device. */
  rekeying(change: Partial<Rekeying> = {}): Rekeying {
    return {
      newIncarnation: this.device.incarnation + 1,
      newSigningKeyHash: hashOf(deviceKey(1)),
      newRotationKeyHashes: [bytes32(0x10), bytes32(0x20)],
      newRotationThreshold: 1,
      newEncryptionKey: bytes32(0x64),
      revealed: [0, 1].map((index) => ({
        index,
        key: publicKeyOf(ROTATION[index] as PrivateKey)
      })),
      ...change
    }
  }

  /** The signatures of the two rotation keys. */
  get rotationSigners(): readonly TestSigner[] {
    return [0, 1].map((index) => ({ role: 'rotation', key: ROTATION[index] as PrivateKey }))
  }

  /** What some guardians ask for. */
  guardianAct(
    act: number,
    who: readonly number[],
    given: {
      readonly argument?: Uint8Array
      readonly sequence?: number
      readonly presence?: PrivateKey
    } = {}
  ): Transaction {
    const { argument = null, presence = ATTESTATION } = given
    const body = encodeGuardianAct({
      deviceId: DEVICE_ID,
      guardianSequence: given.sequence ?? this.ownership.guardianSequence + 1,
      act,
      argument,
      guardians: who.map((index) => ({
        index,
        key: publicKeyOf(GUARDIANS[index] as PrivateKey),
        path: guardianTree.path(index)
      }))
    })
    const signers: TestSigner[] = who.map((index) => ({
      role: 'guardian',
      key: GUARDIANS[index] as PrivateKey
    }))
    if (argument !== null) signers.push({ role: 'presence', key: presence })
    return signTransaction(GUARDIAN_ACT_KIND, body, signers)
  }

  /** A buyer takes an offer. */
  accept(
    offerId: Uint8Array,
    given: {
      readonly buyer?: PrivateKey
      readonly presence?: PrivateKey
      readonly key?: PrivateKey
    } = {}
  ): Transaction {
    const { buyer = BUYER, presence = ATTESTATION, key = ownerKey(1_000) } = given
    const body = encodeTransferAccept({
      deviceId: DEVICE_ID,
      offerId,
      buyerKey: publicKeyOf(buyer),
      ownerKeyHash: hashOf(key),
      signingKeyHash: hashOf(deviceKey(1)),
      rotationKeyHashes: [bytes32(0x30), bytes32(0x40)],
      rotationThreshold: 1,
      encryptionKey: bytes32(0x65),
      deviceRotationKeyHash: bytes32(0x40),
      guardians: null
    })
    return signTransaction(TRANSFER_ACCEPT_KIND, body, [
      { role: 'buyer', key: buyer },
      { role: 'presence', key: presence }
    ])
  }

  /** A block of the ring that this ledger remembers. */
  remember(height: number, blockId: Uint8Array): void {
    const key = recentBlockKey(height, DEFAULT_PARAMETERS.anchorWindowBlocks)
    this.state.write(recentBlocks, key, { height, blockId, timeMs: this.timeMs, awakeMs: 0 })
  }
}
