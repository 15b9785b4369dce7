/**
 * The signature bound: what this machine could finalise if a node did nothing but verify.
 *
 * Every node verifies every message once, so all nodes on one machine can finalise no more than
 * cores × verifications per second ÷ nodes. The time of a verification is taken as processor time,
 * which other programs on the machine change little, and by the clock beside it.
 *
 * @module
 */

import { availableParallelism } from 'node:os'
import { setImmediate as yieldLoop } from 'node:timers/promises'
import { ed25519Verify } from '#crypto'
import { createPrivateKey, invariant } from '../../protocol/index.ts'
import { dice } from './fleet.ts'
import { type SignedBytes, signReadings } from './messages.ts'
import { meanOf } from './net-figures.ts'

/** How long one verification takes. */
export interface VerificationTime {
  /** Of processor time, on one core. */
  readonly verifyUs: number
  /** By the clock; longer where others use the core as well. */
  readonly wallUs: number
  readonly verifications: number
}

/** The bound of some nodes on this machine. */
export interface BoundReport {
  readonly verifyUs: number
  readonly verifyWallUs: number
  readonly verificationsPerSecond: number
  readonly cores: number
  readonly nodes: number
  /** Cores × verifications a second ÷ nodes. */
  readonly transactionsPerSecond: number
}

const MESSAGES = 512
const MEASURED_MS = 1_500
const SLICE = 64

/** Measures the verification of ratcheted device messages by libsodium, on one core. */
export async function measureVerification(): Promise<VerificationTime> {
  const messages = freshMessages()
  verifySlice(messages, 0)
  let verifications = 0
  let processorUs = 0
  let wallMs = 0
  for (const endMs = performance.now() + MEASURED_MS; performance.now() < endMs; ) {
    const cpuBefore = process.cpuUsage()
    const beforeMs = performance.now()
    verifySlice(messages, verifications)
    wallMs += performance.now() - beforeMs
    const { user, system } = process.cpuUsage(cpuBefore)
    processorUs += user + system
    verifications += SLICE
    await yieldLoop()
  }
  return {
    verifyUs: processorUs / verifications,
    wallUs: (1000 * wallMs) / verifications,
    verifications
  }
}

/** The bound that follows from one or more measurements. */
export function boundOf(times: readonly VerificationTime[], nodes: number): BoundReport {
  const verifyUs = meanOf(times.map((time) => time.verifyUs))
  const cores = availableParallelism()
  const verificationsPerSecond = 1_000_000 / verifyUs
  return {
    verifyUs,
    verifyWallUs: meanOf(times.map(({ wallUs }) => wallUs)),
    verificationsPerSecond,
    cores,
    nodes,
    transactionsPerSecond: (cores * verificationsPerSecond) / nodes
  }
}

function freshMessages(): readonly SignedBytes[] {
  const signingKey = createPrivateKey('Ed25519', dice(32))
  invariant(signingKey !== undefined, 'every 32 bytes are an Ed25519 seed')
  return signReadings(
    { networkTag: dice(32), genesisId: dice(32) },
    { deviceId: dice(32), signingKey, claimId: dice(32) },
    { count: MESSAGES }
  )
}

function verifySlice(messages: readonly SignedBytes[], first: number): void {
  for (let offset = 0; offset < SLICE; offset++) {
    const message = messages[(first + offset) % messages.length]
    invariant(message !== undefined, 'there are messages to verify')
    const { publicKey, signingBytes, signature } = message
    invariant(ed25519Verify(publicKey, signingBytes, signature), 'our own signatures are genuine')
  }
}
