/**
 * What is known of a kind of transaction, whatever it is about.
 *
 * @see SPEC.md §3.4 Kinds
 * @module
 */

import type { Shape } from '../codec/shape.ts'
import { EVIDENCE_SIZE_MAX_BYTES, TRANSACTION_SIZE_MAX_BYTES } from '../foundation/limits.ts'
import type { Priority } from '../types.ts'
import type { Role } from './role.ts'

/** One signature that a kind asks for; a key of null stands in state and is checked there. */
export interface Signer {
  readonly role: Role
  readonly key: Uint8Array | null
}

/** What the table of kinds knows of one kind. */
export interface KindDefinition<B extends { readonly kind: string }> {
  readonly number: number
  readonly name: B['kind']
  readonly sizeMaxBytes: number
  /** Whether it carries an attachment; all others carry null. */
  readonly hasAttachment: boolean
  /** Whether strangers sign it, so that it draws on the introductions of the member that carries it. */
  readonly isIntroduction: boolean
  readonly read: Shape<B>
  readonly priority: (body: B) => Priority
  /** The signatures in their fixed order. */
  readonly signers: (body: B) => readonly Signer[]
  /** Keys that the kind registers without their signing it. */
  readonly registeredKeys: (body: B) => readonly Uint8Array[]
}

/** What tells one kind from others; all else is as for an ordinary one. */
type Peculiar<B extends { readonly kind: string }> = Pick<
  KindDefinition<B>,
  'number' | 'name' | 'read' | 'signers'
> &
  Partial<Omit<KindDefinition<B>, 'priority'>> & { readonly priority?: Priority }

/** Makes a definition: no attachment, nobody introduced, no keys registered, priority governance. */
export function defineKind<B extends { readonly kind: string }>(
  peculiar: Peculiar<B>
): KindDefinition<B> {
  const { priority = 0, ...rest } = peculiar
  return {
    sizeMaxBytes: TRANSACTION_SIZE_MAX_BYTES,
    hasAttachment: false,
    isIntroduction: false,
    registeredKeys: () => [],
    priority: () => priority,
    ...rest
  }
}

/** Makes the definition of a kind of evidence that nobody signs. */
export function defineEvidence<B extends { readonly kind: string }>(
  peculiar: Pick<KindDefinition<B>, 'number' | 'name' | 'read'>
): KindDefinition<B> {
  return defineKind({
    sizeMaxBytes: EVIDENCE_SIZE_MAX_BYTES,
    isIntroduction: true,
    signers: () => [],
    ...peculiar
  })
}
