/**
 * The settings of a testnet's nodes, written anew at each start because ports may have changed.
 *
 * Nothing is announced: a node calls each member at the relay that stands between the two, so no
 * link can be taken around its distance.
 *
 * @module
 */

import { renameSync, writeFileSync } from 'node:fs'
import { loadConfig } from '../../config/index.ts'
import { formatSettings } from '../../node/cli/settings-file.ts'
import { writeFailure } from '../../node/storage/disk-errors.ts'
import type { RegisteredNode } from '../cluster/registry.ts'
import { genesisPath, settingsPath } from '../home.ts'
import type { LinkPlan } from '../relay/link-plan.ts'

/** What the settings of one node are made from. */
export interface NodeSettings {
  readonly node: RegisteredNode
  /** The members with their indexes among the nodes. */
  readonly members: readonly { readonly index: number; readonly memberId: string }[]
  readonly links: LinkPlan
  /** What a network shall have otherwise, by the paths of the settings. */
  readonly changes: Readonly<Record<string, unknown>>
}

const HOST = '127.0.0.1'
const MIB = 1024 * 1024
/** Says that all nodes stand behind one address. */
const OBSERVERS_PER_ADDRESS = 1000

/**
 * Writes the settings file of a node.
 *
 * @throws NodeError DISK_FULL or DISK_WRITE_FAILED
 */
export function writeNodeSettings(home: string, settings: NodeSettings): void {
  const path = settingsPath(home, settings.node.slug)
  const flags = flagsOf(home, settings)
  const { config } = loadConfig({ filePath: path, fileText: undefined, environment: {}, flags })
  const draft = `${path}.draft`
  try {
    writeFileSync(draft, formatSettings(config, new Set(Object.keys(flags))), { mode: 0o600 })
    renameSync(draft, path)
  } catch (cause) {
    throw writeFailure(path, cause)
  }
}

function flagsOf(
  home: string,
  { node, members, links, changes }: NodeSettings
): Readonly<Record<string, unknown>> {
  const { index, ports, dataFolder } = node
  return {
    genesis: genesisPath(home),
    dataDirectory: dataFolder,
    'network.listen': [`/ip4/${HOST}/tcp/${ports.peer}`],
    'network.memberAddresses': members
      .filter((member) => member.index !== index)
      .map((member) => ({
        memberId: member.memberId,
        addresses: [`/ip4/${HOST}/tcp/${links.dialPort(index, member.index)}`]
      })),
    'network.observersPerAddressMax': OBSERVERS_PER_ADDRESS,
    'http.host': HOST,
    'http.port': ports.http,
    // All of a testnet's callers share one address.
    'http.rate.readsPerSecond': 0,
    'http.rate.submissionsPerSecond': 0,
    'mqtt.host': HOST,
    'mqtt.port': ports.mqtt,
    'coap.host': HOST,
    // Ports of UDP and of TCP are counted apart: one number serves both.
    'coap.port': ports.mqtt,
    'metrics.host': HOST,
    'metrics.port': ports.metrics,
    'log.level': 'info',
    'log.format': 'json',
    'disk.warnBytes': 256 * MIB,
    'disk.stopBytes': 64 * MIB,
    ...changes
  }
}
