/**
 * The load generator: a process of its own that pours pre-signed messages into a running network.
 *
 * It registers its fleet, signs all messages, says `ready`, waits for a line on
 * standard input, and then keeps a number of requests under way at every node
 * until the messages are used up or time is over. Its last line is JSON.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { trustGenesis } from '../../client/index.ts'
import { parseGenesis } from '../../config/index.ts'
import { concatBytes, fromHex } from '../../protocol/index.ts'
import { createFleet, makerOf } from './fleet.ts'
import { type SignedMessage, signChain } from './messages.ts'

/** Messages of one request, of different devices. */
const MESSAGES_PER_REQUEST = 128
const CLAIMS_PER_REQUEST = 64
const SECOND_MS = 1000

const { values } = parseArgs({
  options: {
    nodes: { type: 'string' },
    genesis: { type: 'string' },
    'genesis-id': { type: 'string' },
    makers: { type: 'string' },
    devices: { type: 'string', default: '256' },
    messages: { type: 'string', default: '100' },
    inflight: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '20' }
  }
})

const tally = { taken: 0, refused: 0, busy: 0, requests: 0 }
const genesisPath = values.genesis as string
const genesis = parseGenesis(readFileSync(genesisPath, 'utf8'), genesisPath)
const { networkTag } = trustGenesis(genesis)
const genesisId = fromHex(values['genesis-id'] as string) as Uint8Array
const nodes = (values.nodes as string).split(',')
const makers = (values.makers as string).split(',').map((seed) => makerOf(fromHex(seed) as Uint8Array))

const fleet = createFleet(
  { networkTag },
  { makers, devices: Number(values.devices), timeMs: Date.now(), vendorSequence: 1 }
)
for (const step of fleet.steps)
  for (let start = 0; start < step.length; start += CLAIMS_PER_REQUEST)
    await post(nodes[0] as string, step.slice(start, start + CLAIMS_PER_REQUEST), '?wait=final&timeoutMs=30000')

const chains = fleet.devices.map((device) => signChain({ networkTag, genesisId }, device, Number(values.messages)))
process.stdout.write('ready\n')
await new Promise((resolve) => createInterface({ input: process.stdin }).once('line', resolve))

const startMs = performance.now()
const endMs = startMs + Number(values.seconds) * SECOND_MS
await Promise.all(nodes.map((node, index) => pour(node, lanesOf(index))))
const seconds = (performance.now() - startMs) / SECOND_MS
process.stdout.write(`${JSON.stringify({ ...tally, seconds })}\n`)
process.exit(0)

/** The chains of the devices that send through one node, cut into as many lanes as requests under way. */
function lanesOf(nodeIndex: number): SignedMessage[][][] {
  const own = chains.filter((_, index) => index % nodes.length === nodeIndex)
  const inflight = Number(values.inflight)
  return Array.from({ length: inflight }, (_, lane) => own.filter((_chain, index) => index % inflight === lane))
}

async function pour(node: string, lanes: SignedMessage[][][]): Promise<void> {
  await Promise.all(lanes.map((lane) => pourLane(node, lane)))
}

/** One request after the other; a device's messages stay in order, and busy ones are sent again. */
async function pourLane(node: string, lane: SignedMessage[][]): Promise<void> {
  const next = lane.map(() => 0)
  for (let device = 0; performance.now() < endMs; ) {
    const request = nextRequest(lane, next, device)
    if (request.length === 0) return
    device = (device + request.length) % lane.length
    const results = await post(node, request.map(({ message }) => message.wire), '')
    for (const [index, result] of results.entries()) {
      const sent = request[index]
      if (sent === undefined) continue
      tally[result]++
      if (result !== 'busy') next[sent.device] = (next[sent.device] as number) + 1
    }
    if (results.includes('busy')) await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** At most one message of each device, from a device on. */
function nextRequest(
  lane: SignedMessage[][],
  next: readonly number[],
  first: number
): { device: number; message: SignedMessage }[] {
  const request: { device: number; message: SignedMessage }[] = []
  for (let tried = 0; tried < lane.length && request.length < MESSAGES_PER_REQUEST; tried++) {
    const device = (first + tried) % lane.length
    const message = lane[device]?.[next[device] as number]
    if (message !== undefined) request.push({ device, message })
  }
  return request
}

async function post(
  node: string,
  wires: readonly Uint8Array[],
  query: string
): Promise<('taken' | 'refused' | 'busy')[]> {
  tally.requests++
  const response = await fetch(`${node}/v1/transactions${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/cbor-seq' },
    body: concatBytes(...wires) as Uint8Array<ArrayBuffer>
  })
  const answer = (await response.json()) as {
    results?: { status?: number; transaction?: unknown; problem?: { status: number } }[]
  }
  const { results } = answer
  if (results === undefined) return wires.map(() => (response.status >= 429 ? 'busy' : 'refused'))
  return results.map(({ transaction, problem }) => {
    if (transaction !== undefined) return 'taken'
    return (problem?.status ?? 0) === 429 || (problem?.status ?? 0) >= 500 ? 'busy' : 'refused'
  })
}
