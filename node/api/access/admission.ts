/**
 * Admission: what stands before every request, before a byte of its body is read.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http'
import type { Clock } from '../../clock.ts'
import { type Problem, problemOf } from '../problem.ts'
import { createGrant, type Grant, refuseRight } from './grant.ts'
import { type RateKind, RateLimits, type Rates } from './rate-limits.ts'
import type { Right } from './role.ts'
import type { TokenDesk } from './token-desk.ts'

/** Settings of admission. */
export interface AdmissionOptions {
  /** Whether reads need a token too. Signed transactions never do: their signatures speak for them. */
  readonly isTokenNeeded: boolean
  readonly rates: Rates
}

/** What admission needs of others. */
export interface AdmissionPorts {
  /** Null where the node has no tokens: whatever is shown is wrong. */
  readonly tokens: Pick<TokenDesk, 'judge'> | null
  readonly clock: Pick<Clock, 'nowMs'>
}

/** What a request asks for. */
export interface Asking {
  readonly address: string
  /** The text of its token; undefined when it shows none. */
  readonly token: string | undefined
  readonly right: Right
  /** Null for what is not counted. */
  readonly rateKind: RateKind | null
}

/** Lets requests in. */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #ports: AdmissionPorts
  readonly #rates: RateLimits

  constructor(options: AdmissionOptions, ports: AdmissionPorts) {
    this.#options = options
    this.#ports = ports
    this.#rates = new RateLimits(options.rates, ports.clock)
  }

  /** What a request may do, or why it may not. */
  async admit({ address, token, right, rateKind }: Asking): Promise<Grant | Problem> {
    const grant = await this.#grantOf(token)
    // Whoever guesses tokens pays for it as for any other request.
    const payer = 'code' in grant ? createGrant(null) : grant
    const tooMany = rateKind === null ? null : this.charge(payer, address, { rateKind, cost: 1 })
    if (tooMany !== null) return tooMany
    if ('code' in grant) return grant
    const isMissing = grant.token === null && this.#options.isTokenNeeded && right === 'read'
    if (isMissing) return problemOf('TOKEN_MISSING', 'Send it as Authorization: Bearer <token>.')
    return refuseRight(grant, right) ?? grant
  }

  /** Counts what a request turned out to cost; null when there is room for it. */
  charge(
    { token }: Grant,
    address: string,
    { rateKind, cost }: { readonly rateKind: RateKind; readonly cost: number }
  ): Problem | null {
    const waitMs = this.#rates.take(rateKind, { address, token }, cost)
    if (waitMs === 0) return null
    const seconds = Math.max(1, Math.ceil(waitMs / 1000))
    return problemOf('RATE_EXCEEDED', 'There were too many requests; slow down.', seconds)
  }

  async #grantOf(text: string | undefined): Promise<Grant | Problem> {
    if (text === undefined) return createGrant(null)
    const { tokens } = this.#ports
    if (tokens === null) return problemOf('TOKEN_WRONG', 'This node knows no such token.')
    const judged = await tokens.judge(text)
    return 'code' in judged ? judged : createGrant(judged)
  }
}

/** The token of a request: undefined for none, and empty for one that is not shown as it should. */
export function tokenOf({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  const { authorization } = headers
  if (authorization === undefined) return undefined
  return /^Bearer ([A-Za-z0-9_-]{1,128})$/i.exec(authorization)?.[1] ?? ''
}
