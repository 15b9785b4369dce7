/**
 * A hard life: a device that dies at its writes, an owner who changes everything, carriers of whom some lie.
 *
 * @module
 */

import {
  decodeTransaction,
  devices,
  encodeGrant,
  encodePlainOwnerAct,
  encodeProfileSet,
  encodeQuarantine,
  encodeRemediate,
  encodeRotate,
  GRANT_KIND,
  invariant,
  isCounting,
  keyHash,
  type Outcome,
  type OwnerPrefix,
  ownerships,
  PLAIN_OWNER_KINDS,
  PROFILE_SET_KIND,
  type PrivateKey,
  type ProfileOverlay,
  publicKeyOf,
  QUARANTINE_KIND,
  REMEDIATE_KIND,
  ROTATE_KIND,
  readDeviceMessageEnvelope,
  toHex
} from '../../protocol/index.ts'
import { type Device, openDevice } from '../device.ts'
import { ClientError } from '../errors.ts'
import { ownerKeyOf } from '../owner.ts'
import { joinTransaction, signBody } from '../signed-transaction.ts'
import {
  type ClaimedDevice,
  claimDevice,
  EASY_PROFILE,
  MortalStorage,
  seededRandom,
  startDevice,
  temperature
} from './fixtures.ts'

const READING = 0
const REPORT = 4
const NOTHING = Object.fromEntries(
  Object.keys(EASY_PROFILE).map((field) => [field, null])
) as unknown as ProfileOverlay
// Sealing goes through crashes in a test of its own.
const STRICTER: readonly (Partial<ProfileOverlay> | null)[] = [
  null,
  { ratchetEvery: 1 },
  { ratchetEvery: 3 },
  { inlineBytesMax: 1 },
  { onFork: 1 }
]

/** One device, its owner, carriers of whom some are liars, and everything that ever happened. */
export class HardLife {
  readonly claimed: ClaimedDevice = claimDevice('Ed25519', seededRandom(4), EASY_PROFILE)
  readonly storage: MortalStorage = new MortalStorage()
  readonly said: Set<string> = new Set()
  /** How often each thing that was said has been applied. */
  readonly applied: Map<string, number> = new Map()
  deaths = 0
  readonly #random = seededRandom(99)
  readonly #bodies = new Map<string, string>()
  readonly #outcomes = new Map<string, Outcome>()
  readonly #sent: Uint8Array[] = []
  #rotationKey: PrivateKey = this.claimed.birth.secrets.rotationKey
  #device: Device | undefined
  #starts = 0

  get device(): Device {
    invariant(this.#device !== undefined, 'its life has begun')
    return this.#device
  }

  async begin(): Promise<void> {
    this.#device = await startDevice(this.claimed, 1, this.storage)
  }

  below(limit: number): number {
    const [a = 0, b = 0] = this.#random(2)
    return (256 * a + b) % limit
  }

  /** Does one thing; the device may die at any write of it. */
  async step(): Promise<void> {
    const act = this.below(12)
    if (this.below(3) === 0) this.storage.fates.push(this.below(2) ? 'dies-before' : 'dies-after')
    try {
      if (act < 5) await this.#say()
      else if (act < 9) await this.carry(1 + this.below(4))
      else if (act === 9) await this.#believe()
      else if (act === 10) this.#mislead()
      else await this.#own()
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      this.deaths++
      await this.#restart()
    }
    this.storage.fates.length = 0
    this.#watch(this.device.pending(1_000).map(({ wire }) => wire))
  }

  /** What the device says is brought to the ledger, and what the ledger says back to it. */
  async carry(count: number): Promise<void> {
    for (const { messageId, wire } of this.device.pending(count)) {
      this.#sent.push(wire)
      const [outcome] = this.claimed.ledger.execute([wire])
      invariant(outcome !== undefined, 'a block tells of all it holds')
      const id = toHex(messageId)
      if (isCounting(outcome)) {
        this.#outcomes.set(id, outcome)
        this.#count(wire, outcome)
      }
      const final = this.#outcomes.get(id)
      // It waits for its owner: then it is sent again, as it is.
      if (final === undefined) {
        invariant(outcome.outcome === 'waits', `it is stuck: ${outcome.outcome} ${outcome.code}`)
        return
      }
      await this.device.settle(messageId, final.outcome, final.code)
    }
  }

  /** Everybody wishes it well. */
  async mend(): Promise<void> {
    for (const kind of ['found', 'lift', 'loosen'] as const) this.#ownAct(kind)
    const state = this.claimed.ledger.read(devices, this.#deviceId)
    if (state?.status === 2) await this.#report()
    await this.#finishRemediation()
    for (let round = 0; round < 400; round++) {
      await this.carry(64)
      if (this.device.pending().length === 0) await this.device.sayHeld()
      if (this.device.pending().length + this.device.held().length === 0) return
    }
  }

  async #say(): Promise<void> {
    const value = this.said.size
    const content = temperature(value)
    // It was said once it is in the record; a device that died before may say it again.
    const { length } = this.device.pending(1_000)
    this.said.add(toHex(content))
    try {
      const said = await this.device.say(READING, content)
      invariant(said.ok || said.fault === 'OUTBOX_FULL', 'it can say what it measures')
      if (!said.ok) this.said.delete(toHex(content))
    } catch (error) {
      const again = await openDevice({ storage: this.storage, randomBytes: this.#random })
      if (again.pending(1_000).length === length) this.said.delete(toHex(content))
      throw error
    }
  }

  /** A node names a block as anchor that is there, or one that is not. */
  async #believe(): Promise<void> {
    const { ledger } = this.claimed
    const isLie = this.below(2) === 0
    const blockId = isLie ? new Uint8Array(16).fill(3) : ledger.tipId
    await this.device.adoptAnchor({ height: isLie ? 1 : ledger.height, blockId })
    if (this.below(2) === 0) await this.device.sayHeld()
  }

  /** Relays say old messages again, and spoil what they carry. */
  #mislead(): void {
    const old = this.#sent[this.below(Math.max(1, this.#sent.length))]
    if (old === undefined) return
    const [outcome] = this.claimed.ledger.execute([old])
    invariant(outcome !== undefined, 'a block tells of all it holds')
    if (isCounting(outcome)) this.#note(old, outcome)
    const spoilt = old.slice()
    spoilt[spoilt.length - 1] = (spoilt.at(-1) ?? 0) ^ 1
    const isTaken = decodeTransaction(spoilt, this.claimed.ledger.networkTag).ok
    invariant(!isTaken, 'nobody takes what a carrier has spoilt')
  }

  async #own(): Promise<void> {
    const acts = [
      'lost',
      'found',
      'stop',
      'lift',
      'tighten',
      'loosen',
      'grant',
      'remediate'
    ] as const
    const choice = this.below(acts.length + 1)
    const act = acts[choice]
    if (act === undefined) await this.#rotate()
    else this.#ownAct(act)
    await this.#finishRemediation()
  }

  #ownAct(act: string): void {
    const { timeMs } = this.claimed.ledger
    const prefix = this.#prefix()
    if (act === 'lost' || act === 'found')
      this.#execute(PLAIN_OWNER_KINDS[act], encodePlainOwnerAct(act, prefix))
    if (act === 'stop' || act === 'lift') {
      const untilMs = act === 'stop' ? timeMs + 4_000 : 0
      this.#execute(QUARANTINE_KIND, encodeQuarantine({ ...prefix, untilMs }))
    }
    if (act === 'tighten' || act === 'loosen') {
      const stricter = act === 'loosen' ? null : STRICTER[this.below(STRICTER.length)]
      const overlay = stricter == null ? null : { ...NOTHING, ...stricter }
      const set = { ...prefix, classVersion: 1, updateVendorId: null, overlay }
      this.#execute(PROFILE_SET_KIND, encodeProfileSet(set))
    }
    if (act === 'grant') this.#execute(GRANT_KIND, this.#grant(prefix))
    if (act === 'remediate') {
      const order = { ...prefix, releaseId: null, deadlineMs: timeMs + 60_000 }
      this.#execute(REMEDIATE_KIND, encodeRemediate(order))
    }
  }

  #grant(prefix: OwnerPrefix): Uint8Array {
    const dataKeyEpoch = (this.claimed.ledger.read(devices, this.#deviceId)?.dataKeyEpoch ?? 0) + 1
    const deviceWrap = { enc: this.#random(32), ciphertext: this.#random(48) }
    const keyCommitment = this.#random(32)
    return encodeGrant({ ...prefix, dataKeyEpoch, keyCommitment, deviceWrap, readers: [] })
  }

  /** A device that is to show that it is clean does so, and gets new keys. */
  async #finishRemediation(): Promise<void> {
    const state = this.claimed.ledger.read(devices, this.#deviceId)
    if (state?.status !== 2) return
    if (state.lost === 1) this.#ownAct('found')
    await this.#report()
    await this.#rotate()
  }

  async #report(): Promise<void> {
    const ones = new Array<number>(32).fill(1)
    const content = new Uint8Array([0x84, 0x58, 0x20, ...ones, 0, 4, 0x58, 0x20, ...ones])
    const said = await this.device.say(REPORT, content)
    invariant(said.ok, 'it can always show that it is clean')
    await this.carry(1_000)
  }

  async #rotate(): Promise<void> {
    const { ledger } = this.claimed
    // What became of its words it hears before they are dead; what is unknown then it says anew.
    await this.carry(1_000)
    const newSigningKeyHash = await this.device.prepareIncarnation()
    const before = ledger.read(devices, this.#deviceId)
    invariant(before !== undefined, 'it was claimed')
    const next: PrivateKey = { algorithm: 'Ed25519', bytes: this.#random(32) }
    const hashes = ledger.read(ownerships, this.#deviceId)?.rotationKeyHashes ?? []
    const key = publicKeyOf(this.#rotationKey)
    const index = hashes.findIndex((hash) => toHex(hash) === toHex(keyHash(key)))
    const body = encodeRotate({
      ...this.#prefix(),
      newIncarnation: before.incarnation + 1,
      newSigningKeyHash,
      newRotationKeyHashes: [keyHash(publicKeyOf(next))],
      newRotationThreshold: 1,
      newEncryptionKey: this.#random(32),
      revealed: [{ index, key }]
    })
    const [outcome, id] = this.#execute(ROTATE_KIND, body, this.#rotationKey)
    if (outcome.outcome !== 'applied') return
    this.#rotationKey = next
    const { fates } = this.storage
    const fate = fates.shift()
    // Whoever dies here is told again: the act is final, and stays so.
    const begun = await this.device.beginIncarnation(before.incarnation + 1, id)
    invariant(begun.ok, 'its next incarnation begins')
    if (fate !== undefined) fates.push(fate)
  }

  #execute(
    kind: number,
    body: Uint8Array,
    rotationKey?: PrivateKey
  ): readonly [Outcome, Uint8Array] {
    const { ledger, walletSeed } = this.claimed
    const { networkTag } = ledger
    const sequence = this.#prefix().ownerSequence
    const owner = ownerKeyOf(walletSeed, this.#deviceId, sequence)
    const signatures = [signBody(owner, body, { networkTag, kind, role: 'owner' })]
    if (rotationKey !== undefined)
      signatures.push(signBody(rotationKey, body, { networkTag, kind, role: 'rotation' }))
    const { wire, transactionId } = joinTransaction(networkTag, body, signatures)
    const [outcome] = ledger.execute([wire])
    invariant(outcome !== undefined && isCounting(outcome), 'what its owner does counts')
    return [outcome, transactionId]
  }

  #prefix(): OwnerPrefix {
    const { ledger, walletSeed } = this.claimed
    const ownerSequence = (ledger.read(ownerships, this.#deviceId)?.ownerSequence ?? 0) + 1
    const keyOf = (sequence: number): Uint8Array =>
      publicKeyOf(ownerKeyOf(walletSeed, this.#deviceId, sequence))
    return {
      deviceId: this.#deviceId,
      ownerSequence,
      ownerKey: keyOf(ownerSequence),
      nextOwnerKeyHash: keyHash(keyOf(ownerSequence + 1))
    }
  }

  get #deviceId(): Uint8Array {
    return this.claimed.birth.deviceId
  }

  #note(wire: Uint8Array, outcome: Outcome): void {
    const decoded = decodeTransaction(wire, this.claimed.ledger.networkTag)
    invariant(decoded.ok, 'what was taken once decodes')
    this.#outcomes.set(toHex(decoded.value.id), outcome)
    this.#count(wire, outcome)
  }

  #count(wire: Uint8Array, { outcome }: Outcome): void {
    const content = readDeviceMessageEnvelope(wire)?.content
    invariant(content !== undefined, 'it says device messages')
    if (outcome !== 'applied') return
    const name = toHex(content)
    this.applied.set(name, (this.applied.get(name) ?? 0) + 1)
  }

  async #restart(): Promise<void> {
    const randomBytes = seededRandom(++this.#starts)
    this.#device = await openDevice({ storage: this.storage, randomBytes })
  }

  /** Fails when two different signed messages of one sequence ever show. */
  #watch(wires: readonly Uint8Array[]): void {
    for (const wire of wires) {
      const envelope = readDeviceMessageEnvelope(wire)
      invariant(envelope !== undefined, 'it says device messages')
      const { incarnation, sequence } = envelope.message
      const place = `${incarnation}/${sequence}`
      const body = toHex(envelope.signedBody)
      invariant((this.#bodies.get(place) ?? body) === body, `two messages at ${place}`)
      this.#bodies.set(place, body)
    }
  }
}
