/**
 * Reads at a pace: so many a second, whatever became of those before, as many clients make them.
 *
 * A read counts from the moment at which it was due, so a node that is slow for a while is not spared.
 *
 * @module
 */

import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../fleet/fleet-record.ts'
import { ascending } from './net-figures.ts'

/** What is read, and how often. */
export interface PacedReads {
  readonly nodeUrl: string
  /** Read in turn. */
  readonly paths: readonly string[]
  readonly accept: string
  readonly perSecond: number
  readonly seconds: number
}

/** How fast the answers came. */
export interface ReadFigures {
  readonly reads: number
  /** Not answered by a 200. */
  readonly failed: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly maxMs: number | null
  /** The mean length of an answer. */
  readonly bytes: number
}

interface Answered {
  readonly isGood: boolean
  readonly tookMs: number
  readonly bytes: number
}

/** Within what a node takes of one address. */
const CONNECTIONS = 16
const LOCAL_ADDRESS = '127.0.5.1'
const SECOND_MS = 1_000
const ANSWER_DEADLINE_MS = 10_000
const OK = 200

/** Reads. */
export async function readPaced(wish: PacedReads): Promise<ReadFigures> {
  const { paths, perSecond, seconds } = wish
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, localAddress: LOCAL_ADDRESS })
  const asked: Promise<Answered>[] = []
  const startMs = performance.now()
  for (let turn = 0; turn < perSecond * seconds; turn++) {
    const dueMs = startMs + (SECOND_MS * turn) / perSecond
    if (dueMs > performance.now()) await sleep(dueMs - performance.now())
    const url = `${wish.nodeUrl}${paths[turn % paths.length]}`
    asked.push(readOne(url, dueMs, { agent, accept: wish.accept }))
  }
  const answers = await Promise.all(asked)
  agent.destroy()
  const good = answers.filter(({ isGood }) => isGood)
  const timesMs = ascending(good.map(({ tookMs }) => tookMs))
  return {
    reads: answers.length,
    failed: answers.length - good.length,
    p50Ms: quantile(timesMs, 0.5),
    p99Ms: quantile(timesMs, 0.99),
    maxMs: timesMs.at(-1) ?? null,
    bytes: good.reduce((sum, { bytes }) => sum + bytes, 0) / Math.max(1, good.length)
  }
}

function readOne(
  url: string,
  dueMs: number,
  { agent, accept }: { readonly agent: Agent; readonly accept: string }
): Promise<Answered> {
  return new Promise((resolve) => {
    let bytes = 0
    const settle = (status: number | undefined): void =>
      resolve({ isGood: status === OK, tookMs: performance.now() - dueMs, bytes })
    const signal = AbortSignal.timeout(ANSWER_DEADLINE_MS)
    const asked = request(url, { agent, headers: { accept }, signal }, (response) => {
      response.on('data', (part: Buffer) => {
        bytes += part.length
      })
      response.on('end', () => settle(response.statusCode))
      response.on('error', () => settle(undefined))
    })
    // Counted as failed: what a node that is busy or gone answers is no read.
    asked.on('error', () => settle(undefined))
    asked.end()
  })
}
