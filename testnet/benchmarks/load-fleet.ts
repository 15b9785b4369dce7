/**
 * The devices of a load: brought onto the ledger the real way, with all that they will say signed.
 *
 * @module
 */

import * as z from 'zod'
import { createHttpClient } from '../../client/index.ts'
import { type GenesisDocument, parseGenesis } from '../../config/index.ts'
import { openMaker } from '../../node/cli/maker.ts'
import { type NetworkTrust, trustNetwork } from '../../node/cli/network-trust.ts'
import { createValueReader, requestNode } from '../../node/cli/node-request.ts'
import {
  type RegistrationPorts,
  referenceClassOf,
  registerBirths,
  registerMaker,
  signBirths
} from '../../node/cli/registration.ts'
import { absolute, readGenesis } from '../../node/cli/settings.ts'
import { NodeError } from '../../node/errors.ts'
import { genesisHashOf, toHex } from '../../protocol/index.ts'
import {
  bearDevices,
  claimDevices,
  createFleet,
  FLEET_PROFILE,
  type FleetDevice,
  makerOf
} from './fleet.ts'
import type { LoadWish } from './load-program.ts'
import { type SignedMessage, signChain } from './messages.ts'
import { registerFleet, registerStep } from './submit.ts'

const GENESIS_DEADLINE_MS = 10_000
const FINAL_WAIT_MS = 20_000
const FIRST_VENDOR_SEQUENCE = 1

const genesisShape = z.looseObject({ genesis: z.unknown() })

/**
 * Registers the devices of a load and signs a chain for each.
 *
 * @param say - hears what is being done
 * @throws NodeError or ClientError
 */
export async function prepareLoad(
  wish: LoadWish,
  say: (line: string) => void
): Promise<readonly (readonly SignedMessage[])[]> {
  const genesis =
    wish.genesis === undefined
      ? await askGenesis(wish.urls[0] as string)
      : (await readGenesis(absolute(wish.genesis))).genesis
  const said = wish.genesis === undefined ? ', as the node says' : ''
  say(`network ${genesis.networkId}, genesis ${toHex(genesisHashOf(genesis))}${said}`)
  const network = trustNetwork(genesis)
  say(`registering ${wish.devices} devices`)
  const devices =
    wish.makerSeeds.length > 0
      ? await registerNew(network, wish)
      : await registerByMakers(network, wish, say)
  say(`signing ${wish.devices * wish.messages} messages`)
  return devices.map((device) => signChain(network, device, wish.messages))
}

/** Makers that have never acted: everything is signed before the first of it is sent. */
async function registerNew(
  network: NetworkTrust,
  { urls, makerSeeds, devices, classRate }: LoadWish
): Promise<readonly FleetDevice[]> {
  const fleet = createFleet(network, {
    makers: makerSeeds.map(makerOf),
    devices,
    timeMs: Date.now(),
    vendorSequence: FIRST_VENDOR_SEQUENCE,
    ...(classRate === undefined ? {} : { rateUnitsPerHour: classRate })
  })
  await registerFleet(urls[0] as string, fleet)
  return fleet.devices
}

/** Makers that may have acted: what the ledger knows of them is asked first. */
async function registerByMakers(
  network: NetworkTrust,
  { urls, makerFolders, devices }: LoadWish,
  say: (line: string) => void
): Promise<readonly FleetDevice[]> {
  const [first] = urls as [string]
  const ports: RegistrationPorts = {
    network,
    transport: createHttpClient({ baseUrls: urls, waitMs: FINAL_WAIT_MS }),
    readValue: createValueReader(first),
    now: Date.now,
    onStep: say
  }
  const count = Math.ceil(devices / makerFolders.length)
  const registered: FleetDevice[] = []
  for (const folder of makerFolders) {
    const maker = await openMaker(absolute(folder))
    await registerMaker(maker, ports, FLEET_PROFILE)
    const born = bearDevices({ classId: referenceClassOf(maker), count })
    const births = await signBirths(maker, born.tree, ports)
    await registerBirths(births, { ...ports, onStep: () => say(`${count} devices are born`) })
    const claimed = claimDevices(network.networkTag, born, { birthBatchId: births.transactionId })
    await registerStep(first, claimed.claims)
    registered.push(...claimed.devices)
  }
  return registered.slice(0, devices)
}

async function askGenesis(url: string): Promise<GenesisDocument> {
  const answer = await requestNode(url, '/v1/genesis', { deadlineMs: GENESIS_DEADLINE_MS })
  const read = genesisShape.safeParse(answer.json())
  if (!read.success) throw new NodeError('REQUEST_FAILED', `${url}: its genesis is not understood`)
  return parseGenesis(JSON.stringify(read.data.genesis), `${url}, its genesis`)
}
