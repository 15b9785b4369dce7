/**
 * The verifier: judges what the node shows by the members' signatures, in this browser.
 *
 * It is the light client that devices and phones run, in plain JavaScript, because a page on plain
 * http has no Web Cryptography. It is loaded when somebody asks for the first check.
 *
 * @module
 */

import {
  checkFollowing,
  checkRead,
  checkReceipt,
  type LedgerFollower,
  type TrustedNetwork,
  trustedFor,
  trustGenesis
} from '../../../../client/index.ts'
import {
  acceptAs,
  decodeCertificate,
  decodeReadProof,
  decodeReceiptProof,
  decodeSealProofs,
  devices,
  type FinalHeader,
  type FinalityProof,
  fromHex,
  genesisHashOf,
  judgeFinality,
  reject,
  toHex,
  type Verdict
} from '../../../../protocol/index.ts'
import type { BlockAnswer, DeviceAnswer, Reading } from '../feed/answers.ts'
import { askBytes, askJson } from '../feed/ask.ts'
import { genesisFromJson } from './genesis-json.ts'
import { isMessageOf } from './message-bytes.ts'

/** What a check came to. */
export type Checked =
  | {
      readonly ok: true
      readonly signatures: number
      readonly members: number
      readonly height: number
      readonly genesisHash: string
      /** What exactly is proved. */
      readonly what: string
    }
  | { readonly ok: false; readonly why: string }

/** A block that is final by a descendant names it within so many. */
const DESCENDANTS_MAX = 32

interface Trusted {
  readonly follower: LedgerFollower
  readonly genesisHash: string
}

let trusted: Promise<Trusted> | undefined

/**
 * Judges a block: the members of its epoch finalised it, or one above it.
 *
 * @param expectedGenesis - the hash of the genesis in hex, where somebody told it; null otherwise
 */
export async function checkBlock(
  block: BlockAnswer,
  expectedGenesis: string | null = null
): Promise<Checked> {
  return guarded(expectedGenesis, async (trust) => {
    const proof = await finalityOf(block)
    if (proof === undefined) return reject('FINALISATION_NOT_FOUND')
    const judged = await judge(trust, (network) => {
      const found = trustedFor(proof, network)
      return found.ok ? judgeFinality(proof, found.value) : found
    })
    if (!judged.ok) return judged
    if (judged.value.blockId !== block.blockId) return reject('HEADER_OF_OTHER_BLOCK')
    return acceptAs(tell(trust, proof, judged.value, `block ${block.height} is final`))
  })
}

/** Judges the outcome of a transaction by its receipt. */
export async function checkTransaction(
  transactionId: string,
  expectedGenesis: string | null = null
): Promise<Checked> {
  return guarded(expectedGenesis, async (trust) => {
    const encoded = await askBytes(`/v1/receipts/${transactionId}`)
    const id = bytesOf(transactionId)
    const judged = await judge(trust, (network) => checkReceipt(network, id, encoded))
    if (!judged.ok) return judged
    const proof = decodeReceiptProof(encoded)
    if (proof === undefined) return reject('RECEIPT_MALFORMED')
    const { outcome } = judged.value.outcome
    return acceptAs(tell(trust, proof.finality, judged.value, `the outcome "${outcome}" is final`))
  })
}

/** Judges a reading: these very bytes are the transaction that was applied. */
export async function checkReading(
  reading: Reading & { readonly deviceId: string },
  expectedGenesis: string | null = null
): Promise<Checked> {
  const wire = fromHex(reading.message ?? '')
  if (wire === undefined || wire.length === 0)
    return { ok: false, why: 'the node did not hand out the signed message' }
  return guarded(expectedGenesis, async (trust) => {
    const { deviceId } = reading
    const id = bytesOf(reading.transactionId)
    if (!isMessageOf(wire, { id, networkTag: trust.follower.networkTag, reading, deviceId }))
      return reject('MESSAGE_OF_OTHER_READING')
    const checked = await checkTransaction(reading.transactionId, expectedGenesis)
    return checked.ok
      ? acceptAs({ ...checked, what: 'this reading is final' })
      : reject(checked.why)
  })
}

/** Judges a device's record, and that it is the one which was shown. */
export async function checkDevice(
  shown: DeviceAnswer,
  expectedGenesis: string | null = null
): Promise<Checked> {
  return guarded(expectedGenesis, async (trust) => {
    const encoded = await askBytes(`/v1/state/devices/${shown.deviceId}?proof=1`)
    const place = { table: devices.number, key: bytesOf(shown.deviceId) }
    const judged = await judge(trust, (network) => checkRead(network, place, encoded))
    if (!judged.ok) return judged
    const proof = decodeReadProof(encoded)
    const { value } = judged.value
    const record = value === null ? undefined : devices.decode(value)
    if (proof === undefined || record === undefined) return reject('DEVICE_NOT_ON_LEDGER')
    const { status, incarnation, lost } = shown.device
    const isShown =
      record.status === status && record.incarnation === incarnation && record.lost === lost
    if (!isShown) return reject('RECORD_HAS_CHANGED')
    return acceptAs(tell(trust, proof.finality, judged.value, 'this record stands in the state'))
  })
}

/** Trust in a network: one genesis for as long as the page is open. */
async function openTrust(): Promise<Trusted> {
  const { genesis: json } = await askJson<{ genesis: unknown }>('/v1/genesis')
  const genesis = genesisFromJson(json)
  return { follower: trustGenesis(genesis), genesisHash: toHex(genesisHashOf(genesis)) }
}

async function guarded(
  expectedGenesis: string | null,
  check: (trust: Trusted) => Promise<Verdict<string, Checked>>
): Promise<Checked> {
  try {
    trusted ??= openTrust()
    const trust = await trusted
    if (expectedGenesis !== null && trust.genesisHash !== expectedGenesis)
      return { ok: false, why: 'this node is of another network than the invitation' }
    const verdict = await check(trust)
    return verdict.ok ? verdict.value : { ok: false, why: verdict.fault }
  } catch (error) {
    trusted = undefined
    return { ok: false, why: error instanceof Error ? error.message : 'the check broke off' }
  }
}

function judge<Fault extends string, Value>(
  { follower }: Trusted,
  check: (network: TrustedNetwork) => Verdict<Fault, Value>
): Promise<Verdict<Fault, Value>> {
  const seals = async (from: number): Promise<NonNullable<ReturnType<typeof decodeSealProofs>>> => {
    const decoded = decodeSealProofs(await askBytes(`/v1/seals?from=${from}`))
    if (decoded === undefined) throw new TypeError('the seals of this node are malformed')
    return decoded
  }
  return checkFollowing(follower, { seals }, check)
}

/** The finalisation of a block, or of the next one above it that has one of its own. */
async function finalityOf(block: BlockAnswer): Promise<FinalityProof | undefined> {
  const headerBytes = bytesOf(block.headerBytes)
  const descendants: Uint8Array[] = []
  let at = block
  while (at.finalisation === null) {
    if (descendants.length >= DESCENDANTS_MAX) return undefined
    const above = await askJson<{ block: BlockAnswer }>(`/v1/blocks/${at.height + 1}`)
    at = above.block
    descendants.push(bytesOf(at.headerBytes))
  }
  const finalisation = decodeCertificate(bytesOf(at.finalisation))
  return finalisation === undefined ? undefined : { headerBytes, finalisation, descendants }
}

function tell(
  { follower, genesisHash }: Trusted,
  { finalisation }: FinalityProof,
  { header }: FinalHeader,
  what: string
): Checked {
  const electorate = follower.electorateOf(header.epoch)
  return {
    ok: true,
    signatures: finalisation.signatures.length,
    members: electorate.ok ? electorate.value.seats.length : 0,
    height: header.height,
    genesisHash,
    what
  }
}

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  if (bytes === undefined) throw new TypeError('the node answered with malformed hex')
  return bytes
}
