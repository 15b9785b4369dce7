/**
 * The load generator: a process of its own that pours pre-signed messages into a running network.
 *
 * It registers its fleet, signs all messages, says `ready`, waits for a line on
 * standard input, and then keeps a number of requests under way at every node
 * until the messages are used up or time is over. Its last line is JSON.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { parseGenesis } from '../../config/index.ts'
import { trustNetwork } from '../../node/cli/network-trust.ts'
import { fromHex } from '../../protocol/index.ts'
import { createFleet, makerOf } from './fleet.ts'
import { pour } from './load-lanes.ts'
import { signChain } from './messages.ts'
import { registerFleet } from './submit.ts'

const { values } = parseArgs({
  options: {
    nodes: { type: 'string' },
    genesis: { type: 'string' },
    makers: { type: 'string' },
    taken: { type: 'string' },
    devices: { type: 'string', default: '256' },
    messages: { type: 'string', default: '100' },
    inflight: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '20' }
  }
})

const genesisPath = values.genesis as string
const network = trustNetwork(parseGenesis(readFileSync(genesisPath, 'utf8'), genesisPath))
const nodeUrls = (values.nodes as string).split(',')
const makers = (values.makers as string)
  .split(',')
  .map((seed) => makerOf(fromHex(seed) as Uint8Array))

const fleet = createFleet(network, {
  makers,
  devices: Number(values.devices),
  timeMs: Date.now(),
  vendorSequence: 1
})
await registerFleet(nodeUrls[0] as string, fleet)
const chains = fleet.devices.map((device) => signChain(network, device, Number(values.messages)))
process.stdout.write('ready\n')
await new Promise((resolve) => createInterface({ input: process.stdin }).once('line', resolve))

const { takenIds, ...tally } = await pour({
  nodeUrls,
  chains,
  inflight: Number(values.inflight),
  seconds: Number(values.seconds)
})
if (values.taken !== undefined) writeFileSync(values.taken, Buffer.concat(takenIds))
const messages = chains.flat()
const bytes = messages.reduce((sum, { wire }) => sum + wire.length, 0)
const bytesPerMessage = bytes / messages.length
process.stdout.write(`${JSON.stringify({ taken: takenIds.length, ...tally, bytesPerMessage })}\n`)
process.exit(0)
