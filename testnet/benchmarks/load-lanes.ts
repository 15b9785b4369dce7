/**
 * Pouring: a number of requests under way at every node, until the messages or the time are used up.
 *
 * A lane is one request after the other over its own devices, so each device's messages stay in
 * order although many requests are under way.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { SignedMessage } from './messages.ts'
import { submitAll } from './submit.ts'

/** What a load is made of. */
export interface LoadPlan {
  readonly nodeUrls: readonly string[]
  /** One for each device. */
  readonly chains: readonly (readonly SignedMessage[])[]
  /** Requests under way at each node. */
  readonly inflight: number
  readonly seconds: number
}

/** What became of a load. */
export interface LoadTally {
  /** Ids of all messages that a node took. */
  readonly takenIds: readonly Uint8Array[]
  readonly refused: number
  readonly busy: number
  readonly requests: number
  readonly seconds: number
  /** When the first lane had no more messages; null if none ran dry. */
  readonly dryAfterSeconds: number | null
}

/** Messages of one request, of different devices. */
const MESSAGES_PER_REQUEST = 128
const BUSY_PAUSE_MS = 100
const SECOND_MS = 1000

interface Tally {
  readonly takenIds: Uint8Array[]
  refused: number
  busy: number
  requests: number
  dryAtMs: number | null
}

interface Lane {
  readonly nodeUrl: string
  readonly chains: readonly (readonly SignedMessage[])[]
  /** By chain: which message is next. */
  readonly next: number[]
}

/** Pours. */
export async function pour(plan: LoadPlan): Promise<LoadTally> {
  const startMs = performance.now()
  const endMs = startMs + plan.seconds * SECOND_MS
  const tally: Tally = { takenIds: [], refused: 0, busy: 0, requests: 0, dryAtMs: null }
  await Promise.all(lanesOf(plan).map((lane) => pourLane(lane, endMs, tally)))
  const { takenIds, refused, busy, requests, dryAtMs } = tally
  const seconds = (performance.now() - startMs) / SECOND_MS
  const dryAfterSeconds = dryAtMs === null ? null : (dryAtMs - startMs) / SECOND_MS
  return { takenIds, refused, busy, requests, seconds, dryAfterSeconds }
}

function lanesOf({ nodeUrls, chains, inflight }: LoadPlan): Lane[] {
  return nodeUrls.flatMap((nodeUrl, nodeIndex) => {
    const own = chains.filter((_, index) => index % nodeUrls.length === nodeIndex)
    return Array.from({ length: inflight }, (_, laneIndex) => {
      const part = own.filter((_chain, index) => index % inflight === laneIndex)
      return { nodeUrl, chains: part, next: part.map(() => 0) }
    })
  })
}

async function pourLane(lane: Lane, endMs: number, tally: Tally): Promise<void> {
  for (let device = 0; performance.now() < endMs; ) {
    const request = nextRequest(lane, device)
    if (request.length === 0) {
      tally.dryAtMs ??= performance.now()
      return
    }
    device = (device + request.length) % lane.chains.length
    tally.requests++
    const wires = request.map(({ message }) => message.wire)
    const results = await submitAll(lane.nodeUrl, wires, '')
    for (const [index, { chain, message }] of request.entries()) {
      const result = results[index] ?? 'busy'
      if (result === 'taken') tally.takenIds.push(message.id)
      else tally[result]++
      if (result !== 'busy') lane.next[chain] = (lane.next[chain] as number) + 1
    }
    if (results.includes('busy')) await sleep(BUSY_PAUSE_MS)
  }
}

/** At most one message of each device, from a device on. */
function nextRequest(
  { chains, next }: Lane,
  first: number
): { readonly chain: number; readonly message: SignedMessage }[] {
  const request: { chain: number; message: SignedMessage }[] = []
  for (let tried = 0; tried < chains.length && request.length < MESSAGES_PER_REQUEST; tried++) {
    const chain = (first + tried) % chains.length
    const message = chains[chain]?.[next[chain] as number]
    if (message !== undefined) request.push({ chain, message })
  }
  return request
}
