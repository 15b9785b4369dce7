/**
 * What a newcomer reads: each node as it joins, and then what to try.
 *
 * Every command printed here works as it stands, pasted into a shell in the same folder.
 *
 * @module
 */

import type { Paint } from '../../node/cli/output.ts'
import type { RegisteredNode } from '../cluster/registry.ts'
import type { RegionPlan } from '../regions/region-set.ts'
import { counted, listed } from './text.ts'

/** A node that has joined. */
export interface JoinedNode {
  readonly node: RegisteredNode
  readonly shortId: string
  readonly peers: number
  readonly height: number
  readonly state: string
}

/** What stands in the block. */
export interface ReadyFacts {
  readonly nodes: readonly RegisteredNode[]
  readonly regions: RegionPlan
  readonly height: number
  readonly stateRoot: string
  readonly devices: number
  readonly rate: number
  readonly registered: number
  /** How the program is called from here. */
  readonly commands: { readonly thingmoot: string; readonly testnet: string }
  /** Paths as they are from the current folder. */
  readonly home: string
  readonly genesis: string
  readonly ownDevice: { readonly folder: string; readonly id: string }
  readonly networkId: string
  /** To the reading of the own device: what stands behind `#invite=`. */
  readonly invitation: string
  readonly homeOption: string
}

/** One line for a node. */
export function joinedLine(
  { node, shortId, peers, height, state }: JoinedNode,
  nameWidth: number,
  paint: Paint
): string {
  const mark = state === 'ready' ? paint.green('✔') : paint.yellow('…')
  const role = node.role === 'observer' ? '   observes' : ''
  const condition = state === 'ready' ? '' : `   ${state}`
  return `  ${node.name.padEnd(nameWidth)}  ${mark} ${shortId}  :${node.ports.http}   ${counted(peers, 'link')}   height ${height}${role}${condition}`
}

/** The lines of the block. */
export function readyBlock(facts: ReadyFacts, paint: Paint): readonly string[] {
  const { nodes, height, stateRoot, devices, rate, registered } = facts
  const members = nodes.filter(({ role }) => role === 'member')
  const who = [counted(members.length, 'member')]
  for (const role of ['observer', 'newcomer'] as const) {
    const count = nodes.filter((node) => node.role === role).length
    if (count > 0) who.push(counted(count, role))
  }
  const fleet =
    devices === 0
      ? 'no simulated devices'
      : `${counted(devices, 'device')} sending ${rate * devices} readings a second, over MQTT and HTTP`
  const fresh = registered === 0 ? '' : `, ${registered} registered and claimed just now`
  const shown = [...members.slice(0, 2), ...nodes.filter(({ role }) => role === 'observer')].slice(
    0,
    3
  )
  return [
    '',
    `${paint.bold(paint.green('READY'))}  ${listed(who)}, ${distanceText(facts)}`,
    ...rows(
      [
        ['Ledger', `height ${height}, state root ${stateRoot.slice(0, 16)}…`],
        ['Devices', `${fleet}${fresh}`],
        ['Dashboard', paint.bold(`http://127.0.0.1:${nodes[0]?.ports.http}/`)],
        ['Phone', `http://127.0.0.1:${nodes[0]?.ports.http}/phone#invite=${facts.invitation}`],
        ...shown.map((node, index): [string, string] => [
          index === 0 ? 'HTTP' : '',
          `http://127.0.0.1:${node.ports.http}  ${paint.dim(node.name)}`
        ]),
        ...members
          .slice(0, 2)
          .map((node, index): [string, string] => [
            index === 0 ? 'MQTT' : '',
            `mqtt://127.0.0.1:${node.ports.mqtt}  ${paint.dim(node.name)}`
          ]),
        ...members
          .slice(0, 1)
          .map((node): [string, string] => [
            'CoAP',
            `coap://127.0.0.1:${node.ports.mqtt}  ${paint.dim(node.name)}`
          ])
      ],
      paint
    ),
    '',
    ...tryNext(facts, paint),
    '',
    `  ${paint.dim('Stop with Ctrl-C. Everything is kept in')} ${facts.home}${paint.dim('; --fresh begins anew.')}`,
    ''
  ]
}

function tryNext(facts: ReadyFacts, paint: Paint): readonly string[] {
  const { nodes, commands, genesis, ownDevice, networkId, homeOption } = facts
  const members = nodes.filter(({ role }) => role === 'member')
  const [first] = members
  const far = nodes.at(-1)
  const victim = members[2] ?? members.at(-1)
  if (first === undefined || far === undefined || victim === undefined) return []
  const { thingmoot, testnet } = commands
  const firstUrl = `http://127.0.0.1:${first.ports.http}`
  const sign = `${thingmoot} device sign --device ${ownDevice.folder} --reading temperature=21.5 --node ${firstUrl} --genesis ${genesis}`
  const publish = `mosquitto_pub -p ${first.ports.mqtt} -q 1 -t tm/${networkId}/d/${ownDevice.id}/up -s`
  const firstCoap = `coap://127.0.0.1:${first.ports.mqtt}`
  const step = (what: string, command: string): string[] => [
    `  ${paint.dim(what)}`,
    `    ${command}`
  ]
  return [
    paint.bold('Try next, in a second terminal'),
    ...step(`what ${first.name} says of the ledger`, `curl -s ${firstUrl}/v1/status`),
    ...step(
      `sign a reading with a device of your own and publish it in ${first.name}`,
      `${sign} | ${publish}`
    ),
    ...step(
      `the same without an MQTT client`,
      `${sign} | curl -s -H content-type:application/cbor --data-binary @- '${firstUrl}/v1/transactions?wait=final'`
    ),
    ...step(
      `the same over CoAP`,
      `${sign} | coap-client-notls -m post -t 60 -f - ${firstCoap}/d/${ownDevice.id}`
    ),
    ...step(
      `read it in ${far.name}`,
      `curl -s http://127.0.0.1:${far.ports.http}/v1/devices/${ownDevice.id}/readings`
    ),
    ...step(
      `take a member away, look, bring it back`,
      `${testnet} kill ${victim.slug}${homeOption}`
    ),
    `    ${testnet} status${homeOption}`,
    `    ${testnet} heal${homeOption}`
  ]
}

function distanceText({ regions, nodes }: ReadyFacts): string {
  const distances = nodes.flatMap(({ index }) =>
    nodes
      .filter((other) => other.index !== index)
      .map((other) => regions.oneWayMs(index, other.index))
  )
  const [least, most] = [Math.min(...distances), Math.max(...distances)]
  if (distances.length === 0 || most === 0) return 'no distance between them'
  return `${Math.round(least)}–${Math.round(most)} ms of simulated distance one way`
}

function rows(entries: readonly (readonly [string, string])[], paint: Paint): string[] {
  return entries.map(([name, value]) => `  ${paint.dim(name.padEnd(9))}  ${value}`)
}
