/**
 * Pouring: a number of requests under way at every node, until the messages or the time are used up.
 *
 * A lane is one request after the other over its own devices, so each device's messages stay in
 * order although many requests are under way.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { BusyAnswers, type BusyReport } from './busy-answers.ts'
import type { SignedMessage } from './messages.ts'
import { type SubmitAnswer, submitList } from './submit.ts'

/** What a load is made of. */
export interface LoadPlan {
  readonly nodeUrls: readonly string[]
  /** One for each device. */
  readonly chains: readonly (readonly SignedMessage[])[]
  /** Requests under way at each node. */
  readonly inflight: number
  readonly seconds: number
  /** Messages a second that are offered, whatever becomes of them; as many as are taken unless said. */
  readonly rate?: number
  /** Messages of one device in a request; one unless said. */
  readonly depth?: number
  /** Messages in a request; {@link BATCH_DEFAULT} unless said. */
  readonly batch?: number
}

/** What became of a load. */
export interface LoadTally {
  /** Ids of all messages that a node took. */
  readonly takenIds: readonly Uint8Array[]
  readonly refused: number
  readonly busy: number
  readonly requests: number
  /** Messages in all requests, each time that they were sent. */
  readonly offered: number
  readonly seconds: number
  /** When the first lane had no more messages; null if none ran dry. */
  readonly dryAfterSeconds: number | null
  readonly busyAnswers: BusyReport
}

/** Messages of one request, of different devices. */
export const BATCH_DEFAULT = 128
const BUSY_PAUSE_MS = 100
const SECOND_MS = 1000

interface Tally {
  readonly takenIds: Uint8Array[]
  refused: number
  busy: number
  requests: number
  offered: number
  dryAtMs: number | null
  readonly busyAnswers: BusyAnswers
}

interface Lane {
  readonly nodeUrl: string
  readonly chains: readonly (readonly SignedMessage[])[]
  /** By chain: which message is next. */
  readonly next: number[]
  readonly depth: number
  readonly batch: number
  /** For each message: how long the lane takes for it; null where it does not keep a pace. */
  readonly paceMs: number | null
  /** How far the lane begins within one turn of its pace, so that lanes do not all send at once. */
  readonly phase: number
}

/** Pours. */
export async function pour(plan: LoadPlan): Promise<LoadTally> {
  const startMs = performance.now()
  const endMs = startMs + plan.seconds * SECOND_MS
  const tally: Tally = {
    takenIds: [],
    refused: 0,
    busy: 0,
    requests: 0,
    offered: 0,
    dryAtMs: null,
    busyAnswers: new BusyAnswers()
  }
  await Promise.all(lanesOf(plan).map((lane) => pourLane(lane, endMs, tally)))
  const { dryAtMs, busyAnswers, ...counts } = tally
  const seconds = (performance.now() - startMs) / SECOND_MS
  const dryAfterSeconds = dryAtMs === null ? null : (dryAtMs - startMs) / SECOND_MS
  return { ...counts, seconds, dryAfterSeconds, busyAnswers: busyAnswers.report() }
}

function lanesOf({
  nodeUrls,
  chains,
  inflight,
  rate,
  depth = 1,
  batch = BATCH_DEFAULT
}: LoadPlan): Lane[] {
  const paceMs = rate === undefined ? null : (SECOND_MS * nodeUrls.length * inflight) / rate
  const lanes = nodeUrls.length * inflight
  return nodeUrls.flatMap((nodeUrl, nodeIndex) => {
    const own = chains.filter((_, index) => index % nodeUrls.length === nodeIndex)
    return Array.from({ length: inflight }, (_, laneIndex) => {
      const part = own.filter((_chain, index) => index % inflight === laneIndex)
      const phase = (laneIndex * nodeUrls.length + nodeIndex) / lanes
      return { nodeUrl, chains: part, next: part.map(() => 0), depth, batch, paceMs, phase }
    })
  })
}

async function pourLane(lane: Lane, endMs: number, tally: Tally): Promise<void> {
  if (lane.paceMs !== null) {
    const perRequest = Math.min(lane.batch, lane.chains.length * lane.depth)
    await sleep(lane.phase * lane.paceMs * perRequest)
  }
  for (let device = 0; performance.now() < endMs; ) {
    const startMs = performance.now()
    const request = nextRequest(lane, device)
    if (request.length === 0) {
      tally.dryAtMs ??= performance.now()
      return
    }
    device = (device + Math.ceil(request.length / lane.depth)) % lane.chains.length
    tally.requests++
    tally.offered += request.length
    const wires = request.map(({ message }) => message.wire)
    const askedMs = performance.now()
    const answers = await submitList(lane.nodeUrl, wires, '')
    tally.busyAnswers.hear(answers, performance.now() - askedMs)
    takeDown(lane, request, { answers, tally })
    const { paceMs } = lane
    if (paceMs !== null)
      await sleep(Math.max(0, startMs + paceMs * request.length - performance.now()))
    else if (answers.some(({ result }) => result === 'busy')) await sleep(BUSY_PAUSE_MS)
  }
}

interface Wanted {
  readonly chain: number
  readonly message: SignedMessage
}

/** What comes after one that was not taken is sent again with it. */
function takeDown(
  { next }: Lane,
  request: readonly Wanted[],
  { answers, tally }: { readonly answers: readonly SubmitAnswer[]; readonly tally: Tally }
): void {
  const stopped = new Set<number>()
  for (const [index, { chain, message }] of request.entries()) {
    const result = answers[index]?.result ?? 'busy'
    if (result === 'busy') stopped.add(chain)
    if (stopped.has(chain)) {
      tally.busy++
      continue
    }
    if (result === 'taken') tally.takenIds.push(message.id)
    else tally.refused++
    next[chain] = (next[chain] as number) + 1
  }
}

/** A few messages of each device, from a device on. */
function nextRequest({ chains, next, depth, batch }: Lane, first: number): Wanted[] {
  const request: Wanted[] = []
  for (let tried = 0; tried < chains.length && request.length < batch; tried++) {
    const chain = (first + tried) % chains.length
    const from = next[chain] as number
    for (const message of chains[chain]?.slice(from, from + depth) ?? [])
      request.push({ chain, message })
  }
  return request
}
