/**
 * `thingmoot device follow`: takes a reference device over to a network that was founded anew.
 *
 * A device never does so by itself; whoever holds it has seen who founded the new network.
 *
 * @module
 */

import type { Command } from 'commander'
import {
  createHttpClient,
  type Device,
  followNode,
  openDevice,
  type ProvedRefounding,
  proveRefounding,
  systemRandomBytes,
  trustGenesis
} from '../../client/index.ts'
import { toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { addCommand, type CommandPorts, type CommonOptions, usage } from './command.ts'
import { bytesOf, withDeviceFolder } from './device-folder.ts'
import { readProvedRecord } from './device-ledger.ts'
import { EPOCHS_KEPT, type NetworkTrust, trustNetwork } from './network-trust.ts'
import { createOutput } from './output.ts'
import { refoundingLines } from './refounding-lines.ts'
import { absolute, readGenesis } from './settings.ts'

interface FollowOptions extends CommonOptions {
  readonly device: string
  readonly from: string
  readonly to: string
  readonly seals?: string
  readonly node?: string
  readonly yes?: boolean
}

/** Adds `device follow`. */
export function addDeviceFollowCommand(group: Command, ports: CommandPorts): void {
  addCommand(group, 'follow', 'take a device over to a network that survivors founded anew')
    .requiredOption('--device <dir>', 'folder of the device')
    .requiredOption('--from <genesis>', 'genesis of the network that the device is of')
    .requiredOption('--to <genesis>', 'genesis of the new network')
    .option('--seals <url>', 'a node of the old network, where its members changed since genesis')
    .option('--node <url>', 'a node of the new network: it proves that the last messages are there')
    .option('--yes', 'you have seen who founded it, and follow them')
    .action((options: FollowOptions) => follow(options, ports))
}

async function follow(options: FollowOptions, ports: CommandPorts): Promise<void> {
  const { genesis: old } = await readGenesis(options.from)
  const { genesis } = await readGenesis(options.to)
  const trusted = trustGenesis(old, EPOCHS_KEPT)
  if (options.seals !== undefined)
    await followNode(trusted, createHttpClient({ baseUrls: [options.seals] }))
  const proved = proveRefounding(trusted, genesis)
  if (!proved.ok)
    throw new NodeError(
      'VERIFICATION_FAILED',
      `${options.to}: is not founded by members of ${old.networkId} (${proved.fault})`
    )
  const network = trustNetwork(genesis)
  if (options.yes !== true) {
    tell(proved.value, { options, ports, end: 'The device stays where it is. To follow: --yes' })
    throw usage('nothing was changed: the device follows nobody by itself')
  }
  await withDeviceFolder(absolute(options.device), async (folder) => {
    const born = await folder.readBorn()
    if (born === undefined) throw usage(`${folder.path}: there is no device`)
    const tags = [trusted.networkTag, network.networkTag].map(toHex)
    if (!tags.includes(born.networkTag))
      throw new NodeError('GENESIS_WRONG', `${folder.path}: is a device of ${born.networkId}`)
    const device = await openDevice({ storage: folder.storage, randomBytes: systemRandomBytes })
    // The record first: a run that is cut off between the two is simply done again.
    const head =
      options.node === undefined ? undefined : await headAt(options.node, { device, network })
    const followed = await device.followNetwork(network, head)
    if (!followed.ok)
      throw new NodeError(
        'REFOUNDING_REFUSED',
        `${folder.path}: has signed messages whose end in ${born.networkId} is unknown; say --node <url> of a node of the new network, to prove that they are there. Are they not, only its owner can take it over: the keys that signed them are gone`
      )
    await folder.writeBorn({
      ...born,
      networkId: network.networkId,
      networkTag: toHex(network.networkTag),
      genesisId: toHex(network.genesisId)
    })
    const name = toHex(bytesOf(born.deviceId)).slice(0, 8)
    tell(proved.value, { options, ports, end: `✔ device ${name} is of ${network.networkId} now.` })
  })
}

/** The head of the device's chain, as the new network proves it. */
async function headAt(
  url: string,
  { device, network }: { readonly device: Device; readonly network: NetworkTrust }
): Promise<Uint8Array> {
  const transport = createHttpClient({ baseUrls: [url] })
  const { record } = await readProvedRecord(device.state.deviceId, { network, transport })
  return record.headMessageId
}

function tell(
  proved: ProvedRefounding,
  {
    options,
    ports,
    end
  }: { readonly options: CommonOptions; readonly ports: CommandPorts; readonly end: string }
): void {
  const { follow: _follow, signers, ...rest } = proved
  createOutput(options, ports).answer({
    json: {
      ...rest,
      signers: signers.map(({ memberId, region, weight }) => ({ memberId, region, weight }))
    },
    lines: (paint) => [...refoundingLines(proved, paint), end]
  })
}
