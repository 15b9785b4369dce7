/**
 * Content kinds: what a device message may say, and whether its clear content is well formed.
 *
 * @see SPEC.md §4.2 Content kinds
 * @module
 */

import { decodeCbor } from '../codec/cbor.ts'
import { bytes, tuple, uint } from '../codec/shape.ts'
import type { Priority } from '../types.ts'
import { isSenmlPack } from './senml.ts'

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

/** The content kinds in force, by number. A kind that is not here is void, never refused. */
export const CONTENT_KINDS: ReadonlyMap<number, ContentKind> = new Map([
  [0, { name: 'reading', priority: 2, sealedByProfile: true, isWellFormed: isReading }],
  [1, { name: 'alarm', priority: 1, sealedByProfile: true, isWellFormed: isInlinePack }],
  [
    3,
    {
      name: 'heartbeat',
      priority: 2,
      sealedByProfile: false,
      isWellFormed: (content: Uint8Array) => content.length === 0
    }
  ]
] as const)

/** Content kinds that are control, whether or not their rules are in force yet. */
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
