/**
 * The ids by which a testnet's nodes are known as members, read from their keys.
 *
 * @module
 */

import { keyPairOf } from '../../node/node-keys.ts'
import { IDENTITY_KEY_FILE, readKeyFile } from '../../node/storage/key-file.ts'
import { toHex } from '../../protocol/index.ts'
import type { RegisteredNode } from '../cluster/registry.ts'

/** A node that has a seat, or may get one. */
export interface KnownMember {
  readonly index: number
  /** Lower-case hex. */
  readonly memberId: string
}

/**
 * The ids of all nodes but those that only observe.
 *
 * @throws NodeError KEY_FILE_WRONG
 */
export async function readMemberIds(
  nodes: readonly Pick<RegisteredNode, 'index' | 'role' | 'dataFolder'>[]
): Promise<readonly KnownMember[]> {
  const members: KnownMember[] = []
  for (const { index, role, dataFolder } of nodes) {
    if (role === 'observer') continue
    const path = `${dataFolder}/keys/${IDENTITY_KEY_FILE}`
    const seed = await readKeyFile({ path, protection: { kind: 'plain' } })
    members.push({ index, memberId: toHex(keyPairOf(seed).publicKey) })
  }
  return members
}
