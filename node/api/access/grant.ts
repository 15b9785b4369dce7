/**
 * Grants: what one request may do, once its token was judged.
 *
 * @module
 */

import { type Problem, problemOf } from '../problem.ts'
import { mayDo, type Right, type Role } from './role.ts'

/** How much a token may ask for, beside an address without one. */
export type RateClass = 'normal' | 'bulk'

/** What a good token grants. */
export interface TokenGrant {
  readonly tokenId: string
  readonly role: Role
  /** The only devices that may be asked about, in hex; null for all. */
  readonly devices: ReadonlySet<string> | null
  readonly rateClass: RateClass
}

/** What a request may do. */
export interface Grant {
  readonly token: TokenGrant | null
  /** Refuses to tell of these devices (null: of all), unless they are within the scope. */
  readonly refuseDevices: (devices: readonly string[] | null) => Problem | null
}

/** The grant of a token, or of a caller without one. */
export function createGrant(token: TokenGrant | null): Grant {
  return {
    token,
    refuseDevices: (devices) => {
      const scope = token?.devices ?? null
      if (scope === null) return null
      const isWithin = devices?.every((device) => scope.has(device)) === true
      return isWithin ? null : problemOf('TOKEN_SCOPE_NARROW', 'The token is for other devices.')
    }
  }
}

/** Refuses what the role of a token does not allow. */
export function refuseRight({ token }: Grant, right: Right): Problem | null {
  if (token === null || mayDo(token.role, right)) return null
  return problemOf('TOKEN_ROLE_WRONG', `A token of role ${token.role} does not allow this.`)
}
