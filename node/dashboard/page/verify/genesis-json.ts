/**
 * A genesis as the node writes it in JSON, for the light client.
 *
 * Nothing is believed of it: what it says is encoded anew and hashed, and the hash is the name by
 * which people know their network.
 *
 * @module
 */

import {
  fromHex,
  type Genesis,
  type GenesisMember,
  plainTrustPolicy,
  type TrustPolicy
} from '../../../../protocol/index.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * The genesis that some JSON tells.
 *
 * @throws TypeError when it is none
 */
export function genesisFromJson(json: unknown): Genesis {
  const fields = fieldsOf(json)
  const { refounded } = fields as { refounded?: unknown }
  const genesis = {
    ...(fields as unknown as Genesis),
    timeMs: Date.parse(String(fields['timeMs'])),
    trust: trustOf(fields['trust']),
    vendorTrust: trustOf(fields['vendorTrust']),
    members: listOf(fields['members']).map(memberOf),
    vendorGrants: listOf(fields['vendorGrants']).map((grant) => ({
      ...(fieldsOf(grant) as unknown as Genesis['vendorGrants'][number]),
      vendorId: bytesOf(fieldsOf(grant)['vendorId'])
    }))
  }
  if (refounded === undefined) return genesis
  const from = fieldsOf(refounded)
  return {
    ...genesis,
    refounded: {
      networkId: String(from['networkId']),
      genesisHash: bytesOf(from['genesisHash']),
      electorateBytes: bytesOf(from['electorateBytes']),
      baseHeaderBytes: bytesOf(from['baseHeaderBytes']),
      closings: listOf(from['closings']).map(bytesOf),
      stateRoot: bytesOf(from['stateRoot'])
    }
  }
}

function memberOf(json: unknown): GenesisMember {
  const fields = fieldsOf(json)
  return {
    ...(fields as unknown as GenesisMember),
    memberId: bytesOf(fields['memberId']),
    voteKey: bytesOf(fields['voteKey']),
    nextVoteKeyHash: bytesOf(fields['nextVoteKeyHash']),
    recoveryKeyHash: bytesOf(fields['recoveryKeyHash']),
    operatorId: bytesOf(fields['operatorId'])
  }
}

/** The file leaves out the ways of a plain model, which are its own. */
function trustOf(json: unknown): TrustPolicy {
  const fields = fieldsOf(json)
  const roots = listOf(fields['roots']).map((root) => ({
    ...(fieldsOf(root) as unknown as TrustPolicy['roots'][number]),
    key: bytesOf(fieldsOf(root)['key'])
  }))
  const { model } = fields as unknown as TrustPolicy
  return model === 'hybrid'
    ? { ...(fields as unknown as TrustPolicy), roots }
    : { ...plainTrustPolicy(model), roots }
}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw new TypeError('the genesis is malformed')
  return value as Fields
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('the genesis is malformed')
  return value
}

function bytesOf(value: unknown): Uint8Array {
  const bytes = typeof value === 'string' ? fromHex(value) : undefined
  if (bytes === undefined) throw new TypeError('the genesis is malformed')
  return bytes
}
