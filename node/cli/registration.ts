/**
 * Registration: a device comes onto the ledger the way real ones do.
 *
 * Its maker shows its keys, describes the class and commits to the birth; the
 * owner claims. Each step is skipped when the ledger holds it already, so an
 * interrupted registration is simply begun again.
 *
 * @module
 */

import {
  checkFollowing,
  checkReceipt,
  type SignedTransaction,
  signBirthBatch,
  signClassDefine,
  signVendorSet,
  type Transport
} from '../../client/index.ts'
import {
  birthBatches,
  CONTENT_SIZE_MAX_BYTES,
  classHeads,
  classIdOf,
  classVersionKey,
  classVersions,
  devices,
  type Profile,
  RATE_PER_HOUR_MAX,
  type Table,
  toHex,
  type VendorRecord,
  vendors
} from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { trouble } from './files.ts'
import type { Maker } from './maker.ts'
import type { NetworkTrust } from './network-trust.ts'

/** Where registration happens. */
export interface RegistrationPorts {
  readonly network: NetworkTrust
  readonly transport: Transport
  /** The value under a key of the state, by the node's word; null when there is none. */
  readonly readValue: (table: string, key: Uint8Array) => Promise<Uint8Array | null>
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly onStep: (text: string) => void
}

/** The one class of a reference maker. */
const CLASS_NUMBER = 1
/** Its version that new devices are of. */
export const CLASS_VERSION = 1

const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS
const NO_HASH = new Uint8Array(32)

/** What the reference class asks of its devices: a fresh key for each message, and no more. */
export const REFERENCE_PROFILE: Profile = {
  sealing: 0,
  signatureSuites: 3,
  ratchetEvery: 1,
  inlineBytesMax: CONTENT_SIZE_MAX_BYTES,
  rateBurst: 1000,
  ratePerHour: 36_000,
  silenceMaxMs: DAY_MS,
  anchorAgeMaxMs: 7 * DAY_MS,
  speedMaxMetresPerSecond: 1000,
  regions: null,
  attestLevel: 0,
  attestEveryMs: 365 * DAY_MS,
  onFork: 1,
  heuristicQuarantine: 0,
  readersMax: 16,
  firmwareConsent: 0,
  verdictsMin: 0
}

/** The id of the reference class of a maker. */
export function referenceClassOf({ vendor }: Maker): Uint8Array {
  return classIdOf(vendor.vendorId, CLASS_NUMBER)
}

/**
 * Sees to it that the maker's keys and its class are on the ledger.
 *
 * @param profile - what the class asks of its devices, if it is described now
 * @param custody - who holds their keys: 0 the devices, 1 a gateway; a class says one for good
 * @throws NodeError REQUEST_FAILED, ClientError
 */
export async function registerMaker(
  maker: Maker,
  ports: RegistrationPorts,
  profile: Profile = REFERENCE_PROFILE,
  custody = 0
): Promise<void> {
  const { network, onStep, now } = ports
  const { vendor, nextKeysHash } = maker
  const { networkTag } = network
  const known = await readRecord(vendors, vendor.vendorId, ports)
  if (known === undefined)
    throw new NodeError(
      'REQUEST_FAILED',
      `${network.networkId} has granted nothing to maker ${toHex(vendor.vendorId)}: its genesis must`
    )
  if (known.keys === null) {
    const vendorSequence = known.vendorSequence + 1
    const act = { vendorSequence, nextKeysHash, infoHash: NO_HASH }
    await submitFinal(signVendorSet(networkTag, vendor, act), 'vendor-set', ports)
    onStep('the maker has shown its keys')
  }
  const classId = referenceClassOf(maker)
  if ((await readRecord(classHeads, classId, ports)) !== undefined) {
    const version = await readRecord(classVersions, classVersionKey(classId, CLASS_VERSION), ports)
    if (version !== undefined && version.custody !== custody)
      throw new NodeError(
        'REQUEST_FAILED',
        `the class of maker ${toHex(vendor.vendorId)} is of devices ${version.custody === 1 ? 'whose keys a gateway holds' : 'that hold their own keys'}: use another maker`
      )
    return
  }
  const vendorSequence = await nextSequence(maker, ports)
  const act = { vendorSequence, profile, ...classWithin(known, now()), custody }
  await submitFinal(signClassDefine(networkTag, vendor, act), 'class-define', ports)
  onStep('its class of devices is described')
}

/**
 * Signs the birth of one batch of devices.
 *
 * @throws NodeError REQUEST_FAILED
 */
export async function signBirths(
  maker: Maker,
  births: { readonly merkleRoot: Uint8Array; readonly count: number },
  ports: RegistrationPorts
): Promise<SignedTransaction> {
  const { network, now } = ports
  return signBirthBatch(network.networkTag, maker.vendor, {
    vendorSequence: await nextSequence(maker, ports),
    classId: referenceClassOf(maker),
    merkleRoot: births.merkleRoot,
    count: births.count,
    notAfterMs: now() + YEAR_MS
  })
}

/**
 * Brings signed births onto the ledger, unless they are there.
 *
 * @throws NodeError REQUEST_FAILED, ClientError
 */
export async function registerBirths(
  birthBatch: SignedTransaction,
  ports: RegistrationPorts
): Promise<void> {
  if ((await readRecord(birthBatches, birthBatch.transactionId, ports)) !== undefined) return
  await submitFinal(birthBatch, 'birth-batch', ports)
  ports.onStep('the device is born')
}

/**
 * Brings signed births and a claim onto the ledger, unless they are there, and has it proved.
 *
 * @throws NodeError REQUEST_FAILED or VERIFICATION_FAILED, ClientError
 */
export async function registerDevice(
  acts: {
    readonly deviceId: Uint8Array
    readonly birthBatch: SignedTransaction
    readonly claim: SignedTransaction
  },
  ports: RegistrationPorts
): Promise<void> {
  const { birthBatch, claim, deviceId } = acts
  await registerBirths(birthBatch, ports)
  if ((await readRecord(devices, deviceId, ports)) === undefined) {
    await submitFinal(claim, 'claim', ports)
    ports.onStep('the device is claimed')
  }
  await proveApplied(claim.transactionId, ports)
}

/** What the node says is there. It only decides what is sent: the end is proved by a receipt. */
async function readRecord<Record>(
  table: Table<Record>,
  key: Uint8Array,
  { readValue }: RegistrationPorts
): Promise<Record | undefined> {
  const value = await readValue(table.name, key)
  if (value === null) return undefined
  try {
    return table.decode(value)
  } catch (error) {
    throw trouble('REQUEST_FAILED', `the node's answer is no record of ${table.name}`, error)
  }
}

/** By the clock, so that acts signed elsewhere but not final yet are seldom met; above the last in any case. */
async function nextSequence({ vendor }: Maker, ports: RegistrationPorts): Promise<number> {
  const record = await readRecord(vendors, vendor.vendorId, ports)
  return Math.max(ports.now(), (record?.vendorSequence ?? 0) + 1)
}

async function submitFinal(
  { wire }: SignedTransaction,
  name: string,
  { transport }: RegistrationPorts
): Promise<void> {
  const report = await transport.submit(wire, 'final')
  if (report.kind === 'refused')
    throw new NodeError('REQUEST_FAILED', `${name}: refused, ${report.code} ${report.detail}`)
  const { stage, outcome, code } = report.status
  if (stage !== 'final')
    throw new NodeError('REQUEST_FAILED', `${name}: not final yet, only ${stage}; try again`)
  if (outcome !== 'applied' && outcome !== 'duplicate')
    throw new NodeError('REQUEST_FAILED', `${name}: ended ${outcome}, ${code}`)
}

async function proveApplied(
  transactionId: Uint8Array,
  { network, transport }: RegistrationPorts
): Promise<void> {
  const encoded = await transport.receipt(transactionId)
  if (encoded === null) throw new NodeError('REQUEST_FAILED', 'claim: there is no receipt yet')
  const receipt = await checkFollowing(network.ledger, transport, (ledger) =>
    checkReceipt(ledger, transactionId, encoded)
  )
  if (!receipt.ok)
    throw new NodeError(
      'VERIFICATION_FAILED',
      `the node's receipt proves nothing: ${receipt.fault}`
    )
  const { outcome, code } = receipt.value.outcome
  if (outcome !== 'applied')
    throw new NodeError('REQUEST_FAILED', `claim: ended ${outcome}, ${code}`)
}

/** A class that may use all that the maker still has. */
function classWithin(
  record: VendorRecord,
  timeMs: number
): Omit<Parameters<typeof signClassDefine>[2], 'vendorSequence' | 'profile' | 'custody'> {
  const rate = record.grantRateUnitsPerHour - record.usedRateUnitsPerHour
  return {
    classNumber: CLASS_NUMBER,
    version: CLASS_VERSION,
    canSeal: 1,
    thingModelHash: NO_HASH,
    mudHash: null,
    referenceValuesHash: null,
    birthCap: record.grantBirthCap - record.usedBirthCap,
    rateUnitsPerHour: Math.min(rate, RATE_PER_HOUR_MAX),
    supportUntilMs: timeMs + 10 * YEAR_MS
  }
}
