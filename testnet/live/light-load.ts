/**
 * A light load for the live tests: devices of the client that say what they have until all is final.
 *
 * Each device has one node and moves to the next that lives when it gets no answer. As a real one
 * it sends everything that it does not know to be final again, the same bytes in the same order.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { createDevice, type RecordStorage, systemRandomBytes } from '../../client/index.ts'
import { invariant, toHex } from '../../protocol/index.ts'
import type { FleetDevice } from '../benchmarks/fleet.ts'
import type { LiveNet } from './live-net.ts'
import { ask, submit } from './node-questions.ts'
import { temperature } from './spoken.ts'

/** A message that was signed before the load began. */
export interface SignedBefore {
  readonly id: string
  readonly wire: Uint8Array
}

/** What a lane of the load has come to. */
export interface LoadReport {
  /** Messages that some node has taken in: accepted, or waiting for their turn. */
  readonly taken: readonly string[]
  /** Messages that some node has answered to be final. */
  readonly final: readonly string[]
}

/** A load that runs. */
export interface LightLoad {
  readonly report: () => LoadReport
  /** Says nothing new from now on. */
  readonly stop: () => Promise<void>
}

const READING = 0
const MESSAGE_MAX_BYTES = 400
const PAUSE_MS = 200
/** Messages of one device on their way at once. */
const WINDOW = 2
/** Questions to a node at once, where thousands are to be asked; a node takes few connections of one address. */
const ASKED_AT_ONCE = 8

/** Signs the messages of one device, in a record that is kept in memory. */
export async function signBefore(
  network: LiveNet['network'],
  { deviceId, signingKey, claimId }: FleetDevice,
  count: number
): Promise<readonly SignedBefore[]> {
  const { networkTag, genesisId } = network
  const device = await createDevice(
    { networkTag, genesisId, deviceId, signingKey, ratchetEvery: 1 },
    { storage: memoryRecord(), randomBytes: systemRandomBytes },
    { messagesMax: count, bytesMax: count * MESSAGE_MAX_BYTES }
  )
  const begun = await device.beginIncarnation(0, claimId)
  invariant(begun.ok, 'a claimed device begins to speak')
  const signed: SignedBefore[] = []
  while (signed.length < count) {
    const said = await device.say(READING, temperature(signed.length / 10))
    invariant(said.ok, 'an outbox has room for a light load')
    signed.push({ id: toHex(said.value.messageId), wire: said.value.wire })
  }
  return signed
}

/** Runs one lane for each device's messages. */
export function startLightLoad(
  urls: readonly string[],
  chains: readonly (readonly SignedBefore[])[]
): LightLoad {
  const taken = new Set<string>()
  const final = new Set<string>()
  let isStopped = false
  const lanes = chains.map(async (chain, lane) => {
    let node = lane
    let first = 0
    while (!isStopped && first < chain.length) {
      const url = urls[node % urls.length] as string
      const isHeard = await sendWindow(url, chain.slice(first, first + WINDOW), { taken, final })
      if (!isHeard) node++
      while (first < chain.length && final.has((chain[first] as SignedBefore).id)) first++
      await sleep(PAUSE_MS)
    }
  })
  return {
    report: () => ({ taken: [...taken], final: [...final] }),
    stop: async () => {
      isStopped = true
      await Promise.all(lanes)
    }
  }
}

/** Sends what is on its way and asks after the first; false when the node does not answer. */
async function sendWindow(
  url: string,
  messages: readonly SignedBefore[],
  { taken, final }: { readonly taken: Set<string>; readonly final: Set<string> }
): Promise<boolean> {
  try {
    for (const { id, wire } of messages) {
      const { body } = await submit(url, wire)
      if (body.transaction === undefined) return true
      if (body.transaction.stage !== 'pooled') taken.add(id)
      if (body.transaction.stage === 'final') final.add(id)
    }
    return true
  } catch {
    // Killed in the middle of it, or not there at all: the next node will do.
    return false
  }
}

/** Which of these transactions a node does not hold as final and applied. */
export async function notAppliedAt(
  url: string,
  ids: readonly string[]
): Promise<readonly string[]> {
  const missing: string[] = []
  for (let first = 0; first < ids.length; first += ASKED_AT_ONCE) {
    const asked = ids.slice(first, first + ASKED_AT_ONCE)
    const answers = await Promise.all(asked.map((id) => ask(url, `/v1/transactions/${id}`)))
    for (const [index, { body }] of answers.entries()) {
      const { stage, outcome } = body.transaction ?? {}
      if (stage !== 'final' || outcome !== 'applied') missing.push(asked[index] as string)
    }
  }
  return missing
}

/** A record that lives as long as the process. */
export function memoryRecord(): RecordStorage {
  let kept: Uint8Array | undefined
  return {
    read: async () => kept,
    write: async (record) => {
      kept = record.slice()
    }
  }
}
