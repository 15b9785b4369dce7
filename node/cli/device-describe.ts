/**
 * `thingmoot device did` and `device td`: a device in the words of the W3C, made of proved records.
 *
 * @module
 */

import type { Command } from 'commander'
import {
  createDidDocument,
  createThingDescription,
  saidValues,
  toHex
} from '../../protocol/index.ts'
import { addCommand, type CommandPorts, parseHex } from './command.ts'
import { requestNode } from './node-request.ts'
import { toJson } from './output.ts'
import { saidPacks } from './said-packs.ts'
import { addLookOptions, type LookOptions, lookAt, openLook } from './wallet-desk.ts'

interface ThingOptions extends LookOptions {
  readonly mqtt?: string
}

const DEADLINE_MS = 10_000
/** As many messages as a node looks through itself. */
const LOOK_BACK = 50

/** Adds `device did` and `device td`. */
export function addDeviceDescribeCommands(group: Command, ports: CommandPorts): void {
  addLookOptions(addCommand(group, 'did', 'the DID document of a device, of proved records'))
    .argument('<device>', 'id of the device')
    .action((device: string, options: LookOptions) => showDid(device, options, ports))
  addLookOptions(addCommand(group, 'td', 'the WoT Thing Description of a device'))
    .argument('<device>', 'id of the device')
    .option('--mqtt <url>', 'broker of a node to name in it, as mqtt://host:1883')
    .action((device: string, options: ThingOptions) => showThing(device, options, ports))
}

async function showDid(text: string, options: LookOptions, ports: CommandPorts): Promise<void> {
  const deviceId = parseHex(text, 32, 'device')
  const desk = await openLook(options, ports)
  const { device, ownership } = await lookAt(deviceId, desk)
  const place = { networkId: desk.network.networkId, deviceId }
  const resolved = createDidDocument(place, { device, ownership, nodeUrls: [desk.url] })
  const { versionId } = resolved.didDocumentMetadata
  desk.output.answer({ json: resolved, lines: () => [toJson(resolved.didDocument)] })
  desk.output.note(`version ${versionId}, proved`)
}

async function showThing(text: string, options: ThingOptions, ports: CommandPorts): Promise<void> {
  const deviceId = parseHex(text, 32, 'device')
  const desk = await openLook(options, ports)
  const { device, ownership, controllers, timeMs } = await lookAt(deviceId, desk)
  const path = `/v1/devices/${toHex(deviceId)}/readings?limit=${LOOK_BACK}`
  const answer = await requestNode(desk.url, path, { deadlineMs: DEADLINE_MS })
  const said = saidValues(saidPacks(answer.json(), desk.url))
  const thing = createThingDescription(
    { networkId: desk.network.networkId, deviceId },
    { device, ownership, controllers, said, timeMs },
    { base: desk.url, mqtt: options.mqtt?.replace(/\/+$/, '') ?? null }
  )
  desk.output.answer({ json: thing, lines: () => [toJson(thing)] })
  desk.output.note('Records are proved; the names of values are as this node tells them.')
}
