/**
 * Content kinds: what a device message may say, and whether its clear content is well formed.
 *
 * @see SPEC.md §4.2 Content kinds
 * @module
 */

import { decodeCbor } from '../codec/cbor.ts'
import { bytes, bytesBetween, nullable, tuple, uint } from '../codec/shape.ts'
import { CONTENT_SIZE_MAX_BYTES } from '../foundation/limits.ts'
import type { Priority } from '../types.ts'
import { isSenmlPack } from './senml.ts'

/** The largest signed body of a message that another device can witness. */
const WITNESSED_MAX_BYTES = 512
/** Largest attestation token. */
const ATTESTATION_MAX_BYTES = 1_024

/** What a device says that it runs now. */
export interface FirmwareReport {
  readonly releaseId: Uint8Array
  /** 0 installed, 1 failed, 2 went back. */
  readonly result: number
  readonly securityVersion: number
  readonly imageDigest: Uint8Array
}

/** What is known about one content kind. */
export interface ContentKind {
  readonly name: string
  readonly priority: Priority
  /** Whether the owner's profile decides if it must be sealed. */
  readonly sealedByProfile: boolean
  /** Whether clear content decodes. Judges bytes alone, so any worker may ask. */
  readonly isWellFormed: (content: Uint8Array) => boolean
}

const packs = tuple(bytes(32), uint(), uint())
const reply = tuple(bytes(32), uint(), nullable(bytesBetween(0, CONTENT_SIZE_MAX_BYTES)))
const report = tuple(bytes(32), uint(2), uint(), bytes(32))
const witness = tuple(bytesBetween(1, WITNESSED_MAX_BYTES), bytes(64))

/** The content kinds in force, by number. A kind that is not here is void, never refused. */
export const CONTENT_KINDS: ReadonlyMap<number, ContentKind> = new Map([
  [0, { name: 'reading', priority: 2, sealedByProfile: true, isWellFormed: isReading }],
  [1, { name: 'alarm', priority: 1, sealedByProfile: true, isWellFormed: isInlinePack }],
  [2, { name: 'reply', priority: 1, sealedByProfile: false, isWellFormed: isReply }],
  [
    3,
    {
      name: 'heartbeat',
      priority: 2,
      sealedByProfile: false,
      isWellFormed: (content: Uint8Array) => content.length === 0
    }
  ],
  [4, { name: 'firmware-report', priority: 1, sealedByProfile: false, isWellFormed: isReport }],
  [5, { name: 'attest', priority: 1, sealedByProfile: false, isWellFormed: isAttestation }],
  [6, { name: 'witness', priority: 2, sealedByProfile: false, isWellFormed: isWitness }]
] as const)

/** Content kinds that are control. */
const CONTROL_CONTENT_KINDS: readonly number[] = [1, 2, 4, 5]

/** The priority of a device message by its content kind. */
export function contentPriority(contentKind: number): Priority {
  return CONTROL_CONTENT_KINDS.includes(contentKind) ? 1 : 2
}

/** A SenML pack of its own, or the root of packs that are kept elsewhere. */
function isReading(content: Uint8Array): boolean {
  if (content[0] === 0x01) return packs(decodeCbor(content.subarray(1))) !== undefined
  return isInlinePack(content)
}

function isInlinePack(content: Uint8Array): boolean {
  return content[0] === 0x00 && isSenmlPack(content.subarray(1))
}

function isReply(content: Uint8Array): boolean {
  return reply(decodeCbor(content)) !== undefined
}

function isReport(content: Uint8Array): boolean {
  return readFirmwareReport(content) !== undefined
}

function isAttestation(content: Uint8Array): boolean {
  return content.length > 0 && content.length <= ATTESTATION_MAX_BYTES
}

function isWitness(content: Uint8Array): boolean {
  return witness(decodeCbor(content)) !== undefined
}

/** Reads the content of a firmware-report. */
export function readFirmwareReport(content: Uint8Array): FirmwareReport | undefined {
  const read = report(decodeCbor(content))
  if (read === undefined) return undefined
  const [releaseId, result, securityVersion, imageDigest] = read
  return { releaseId, result, securityVersion, imageDigest }
}
