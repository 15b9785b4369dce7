/**
 * Where members are called: where their seats say, or where the settings of this node know better.
 *
 * @module
 */

import { type Electorate, toHex } from '../protocol/index.ts'
import type { MemberAddress } from './network/network.ts'

/** Addresses by member id in hex that stand in for those of the seat. */
export type AddressOverrides = ReadonlyMap<string, readonly string[]>

/** The members of an electorate, each with its addresses. */
export function memberAddresses(
  { seats }: Electorate,
  overrides: AddressOverrides
): readonly MemberAddress[] {
  return seats.map(({ memberId, endpoints }) => {
    const key = toHex(memberId)
    // An end point may also be a URL for people; only a multiaddr can be called.
    return {
      key,
      addresses: overrides.get(key) ?? endpoints.filter((text) => text.startsWith('/'))
    }
  })
}
