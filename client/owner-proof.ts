/**
 * Proofs of owning: that one hand holds the owner keys of several devices, shown to one verifier.
 *
 * Nothing of it goes onto the ledger, where no two devices show the same owner. The verifier draws a
 * challenge; the owner key that the ledger waits for at each device signs the whole: the verifier's
 * name, its challenge, a short term, and all the devices with their keys. So no part of a proof can
 * be put into another one, and for another verifier or another challenge it proves nothing.
 *
 * A proof is `[body, [COSE_Sign1 …]]` in deterministic CBOR, one signature for each device in order;
 * body is the encoding of `[1, verifier, challenge, issuedAtMs, notAfterMs, [[deviceId, ownerKey] …]]`,
 * device ids ascending. external_aad = "tm/owner-proof/1" ‖ network tag: a signature made here is
 * none of a transaction, so it is no second thing under an owner key and no evidence of a fork.
 *
 * @see ../protocol/SPEC.md §1.5 Signatures
 * @module
 */

import {
  acceptAs,
  algorithmOf,
  ascii,
  bytes,
  bytesBetween,
  type CoseSignature,
  compareBytes,
  concatBytes,
  coseFromFields,
  coseToFields,
  decodeCbor,
  encodeCbor,
  encodeSigStructure,
  equalBytes,
  invariant,
  isKeyStrong,
  key,
  keyHash,
  list,
  ownerKeyHashAt,
  ownershipAt,
  ownerships,
  publicKeyOf,
  reject,
  signBytes,
  text,
  tuple,
  uint,
  type Verdict,
  verifyCose
} from '../protocol/index.ts'
import { ownerKeyOf } from './owner.ts'
import { type ProofFault, proveRecord, type StandingPorts } from './owner-standing.ts'
import type { RandomBytes } from './random.ts'
import { findKeyIndex, type ProvedOwnership, type WalletState } from './wallet-state.ts'

/** What a verifier asks to be signed. */
export interface OwnerChallenge {
  /** How the verifier is called: a domain, or the address of its service. */
  readonly verifier: string
  /** Drawn for this one proof. */
  readonly challenge: Uint8Array
}

/** A device with its ownership, as it was proved. */
export interface OwnedPlace extends ProvedOwnership {
  readonly deviceId: Uint8Array
}

/** What a proof says; not judged. */
export interface OwnerProof extends OwnerChallenge {
  readonly issuedAtMs: number
  readonly notAfterMs: number
  readonly devices: readonly { readonly deviceId: Uint8Array; readonly ownerKey: Uint8Array }[]
  readonly bodyBytes: Uint8Array
  readonly signatures: readonly CoseSignature[]
}

/** Why nothing is signed. */
export type SignOwnerProofFault =
  /** A proof is about one to sixteen devices, each named once. */
  | 'OWNER_PROOF_DEVICES_WRONG'
  /** The challenge, or the name of the verifier, is empty or too long. */
  | 'OWNER_CHALLENGE_WRONG'
  /** The ledger waits for a key of somebody else at one of the devices. */
  | 'OWNER_OTHER'

/** Why a proof proves nothing here and now. */
export type OwnerProofFault =
  | 'OWNER_PROOF_MALFORMED'
  /** It is for another verifier, or answers another challenge. */
  | 'OWNER_PROOF_OF_OTHER_CHALLENGE'
  | 'OWNER_PROOF_EXPIRED'
  | 'OWNER_PROOF_FROM_THE_FUTURE'
  /** It would hold for longer than any may. */
  | 'OWNER_PROOF_TERM_TOO_LONG'
  | 'OWNER_PROOF_FORGED'
  /** The ledger waits for another key: the signer is not, or no longer, the owner. */
  | 'OWNER_OTHER'
  /** What was proved of the ledger is too old to say who the owner is now. */
  | 'LEDGER_STALE'
  | 'DEVICE_UNKNOWN'

/** Devices of one proof. */
export const OWNER_PROOF_DEVICES_MAX = 16
/** How long a proof may hold: as long as it takes to hand it over. */
const TERM_MAX_MS = 3_600_000
const TERM_DEFAULT_MS = 300_000
/** By how much the clocks of owner and verifier may differ. */
const CLOCKS_APART_MS = 120_000
/** A proof of the ledger is at most this old: a device may have been sold since. */
const FRESH_MS = 300_000
const CHALLENGE_MIN_BYTES = 16
const CHALLENGE_MAX_BYTES = 64
const CHALLENGE_BYTES = 32
const VERIFIER_LENGTH_MAX = 128
/** Sixteen devices with their keys and signatures take less than 4 KiB. */
const PROOF_SIZE_MAX_BYTES = 8_192
const FORMAT = 1
const TAG = ascii('tm/owner-proof/1')

const bodyShape = tuple(
  uint(FORMAT, FORMAT),
  text(VERIFIER_LENGTH_MAX),
  bytesBetween(CHALLENGE_MIN_BYTES, CHALLENGE_MAX_BYTES),
  uint(),
  uint(),
  list(tuple(bytes(32), key), OWNER_PROOF_DEVICES_MAX, 1)
)
const proofShape = tuple(
  bytesBetween(1, PROOF_SIZE_MAX_BYTES),
  list(coseFromFields, OWNER_PROOF_DEVICES_MAX, 1)
)

/** Draws a challenge; a verifier takes each for one proof. */
export function drawOwnerChallenge(randomBytes: RandomBytes): Uint8Array {
  return randomBytes(CHALLENGE_BYTES)
}

/**
 * Signs a proof that a wallet owns devices. It uses up nothing; it shows each device's next owner
 * key to the verifier, which a later act shows to everybody.
 *
 * @param places - the devices, each with its ownership as it was proved just now
 */
export function signOwnerProof(
  { seed }: Pick<WalletState, 'seed'>,
  places: readonly OwnedPlace[],
  asked: OwnerChallenge & {
    readonly networkTag: Uint8Array
    readonly nowMs: number
    readonly termMs?: number
  }
): Verdict<SignOwnerProofFault, Uint8Array> {
  const sorted = places.toSorted((left, right) => compareBytes(left.deviceId, right.deviceId))
  if (!isCount(sorted.map(({ deviceId }) => deviceId))) return reject('OWNER_PROOF_DEVICES_WRONG')
  if (!isChallenge(asked)) return reject('OWNER_CHALLENGE_WRONG')
  const { networkTag, verifier, challenge, nowMs, termMs = TERM_DEFAULT_MS } = asked
  invariant(termMs > 0 && termMs <= TERM_MAX_MS, 'a proof holds for an hour at most')
  const keys = sorted.map((place) => {
    const index = findKeyIndex(seed, place.deviceId, place)
    return index === undefined ? undefined : ownerKeyOf(seed, place.deviceId, index)
  })
  if (!keys.every((one) => one !== undefined)) return reject('OWNER_OTHER')
  const devices = sorted.map(({ deviceId }, index) => {
    const ownerKey = keys[index]
    invariant(ownerKey !== undefined, 'each device has its key')
    return [deviceId, publicKeyOf(ownerKey)]
  })
  const body = encodeCbor([FORMAT, verifier, challenge, nowMs, nowMs + termMs, devices])
  const signatures = keys.map((ownerKey) => {
    const aad = aadOf(networkTag)
    const message = encodeSigStructure(algorithmOf(publicKeyOf(ownerKey)), aad, body)
    return coseToFields(signBytes(ownerKey, message))
  })
  return acceptAs(encodeCbor([body, signatures]))
}

/** Reads a proof, so that the ownership of its devices can be asked for; undefined for no proof. */
export function readOwnerProof(encoded: Uint8Array): OwnerProof | undefined {
  if (encoded.length > PROOF_SIZE_MAX_BYTES) return undefined
  const outer = proofShape(decodeCbor(encoded))
  if (outer === undefined) return undefined
  const [bodyBytes, signatures] = outer
  const body = bodyShape(decodeCbor(bodyBytes))
  if (body === undefined) return undefined
  const [, verifier, challenge, issuedAtMs, notAfterMs, pairs] = body
  const devices = pairs.map(([deviceId, ownerKey]) => ({ deviceId, ownerKey }))
  const isWhole =
    signatures.length === devices.length &&
    verifier.length > 0 &&
    isCount(devices.map(({ deviceId }) => deviceId))
  return isWhole
    ? { verifier, challenge, issuedAtMs, notAfterMs, devices, bodyBytes, signatures }
    : undefined
}

/**
 * Judges a proof against what was asked and what is proved of the ledger. That a challenge is taken
 * once only is the verifier's to see to.
 *
 * @param owned - the ownership of each device of the proof
 */
export function judgeOwnerProof(
  proof: OwnerProof,
  owned: readonly OwnedPlace[],
  expected: OwnerChallenge & { readonly networkTag: Uint8Array; readonly nowMs: number }
): Verdict<OwnerProofFault, OwnerProof> {
  const { verifier, challenge, networkTag, nowMs } = expected
  if (proof.verifier !== verifier || !equalBytes(proof.challenge, challenge))
    return reject('OWNER_PROOF_OF_OTHER_CHALLENGE')
  if (proof.notAfterMs - proof.issuedAtMs > TERM_MAX_MS) return reject('OWNER_PROOF_TERM_TOO_LONG')
  if (proof.issuedAtMs > nowMs + CLOCKS_APART_MS) return reject('OWNER_PROOF_FROM_THE_FUTURE')
  if (nowMs >= proof.notAfterMs) return reject('OWNER_PROOF_EXPIRED')
  for (const [index, { deviceId, ownerKey }] of proof.devices.entries()) {
    const signature = proof.signatures[index]
    const seen = owned.find((place) => equalBytes(place.deviceId, deviceId))
    invariant(signature !== undefined, 'each device of a proof that was read has its signature')
    if (seen === undefined) return reject('DEVICE_UNKNOWN')
    if (seen.timeMs < nowMs - FRESH_MS) return reject('LEDGER_STALE')
    const { ownership, timeMs } = seen
    const awaited = ownerKeyHashAt(ownershipAt(ownership, timeMs), timeMs)
    if (!equalBytes(keyHash(ownerKey), awaited)) return reject('OWNER_OTHER')
    const signed = { externalAad: aadOf(networkTag), payload: proof.bodyBytes }
    // Whoever commits to a key under which anybody could sign owns alone no more than anybody.
    if (!isKeyStrong(ownerKey) || !verifyCose(ownerKey, signature, signed))
      return reject('OWNER_PROOF_FORGED')
  }
  return acceptAs(proof)
}

/**
 * Checks a proof: asks a node how each of its devices stands, has that proved, and judges.
 *
 * @throws ClientError when no node can be asked, or one forges seals
 */
export async function checkOwnerProof(
  encoded: Uint8Array,
  expected: OwnerChallenge & { readonly networkTag: Uint8Array; readonly nowMs: number },
  ports: StandingPorts
): Promise<Verdict<OwnerProofFault | ProofFault, OwnerProof>> {
  const proof = readOwnerProof(encoded)
  if (proof === undefined) return reject('OWNER_PROOF_MALFORMED')
  const owned: OwnedPlace[] = []
  for (const { deviceId } of proof.devices) {
    const proved = await proveRecord(ownerships, deviceId, ports)
    if (!proved.ok) return proved
    const { record, timeMs } = proved.value
    if (record === undefined) return reject('DEVICE_UNKNOWN')
    owned.push({ deviceId, ownership: record, timeMs })
  }
  return judgeOwnerProof(proof, owned, expected)
}

function isChallenge({ verifier, challenge }: OwnerChallenge): boolean {
  const isNamed = verifier.length > 0 && verifier.length <= VERIFIER_LENGTH_MAX
  return (
    isNamed && challenge.length >= CHALLENGE_MIN_BYTES && challenge.length <= CHALLENGE_MAX_BYTES
  )
}

/** One to sixteen ids, ascending, none of them twice. */
function isCount(ids: readonly Uint8Array[]): boolean {
  const isAscending = ids.every(
    (id, index) => index === 0 || compareBytes(ids[index - 1] as Uint8Array, id) < 0
  )
  return isAscending && ids.length >= 1 && ids.length <= OWNER_PROOF_DEVICES_MAX
}

function aadOf(networkTag: Uint8Array): Uint8Array {
  return concatBytes(TAG, networkTag)
}
