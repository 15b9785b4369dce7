/**
 * The node's network: from settings and genesis to whom it calls, and within which bounds.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { type Config, parseBootstrap } from '../config/index.ts'
import { systemClock } from './clock.ts'
import { NodeError } from './errors.ts'
import type { Logger } from './logger.ts'
import type { AddressOverrides } from './member-addresses.ts'
import type { Metrics } from './metrics.ts'
import { createNetwork, type Network } from './network/network.ts'
import type { NodeKeys } from './node-keys.ts'

/** What decides about the network. */
export interface NodeNetworkOptions {
  readonly config: Config
  readonly genesis: { readonly networkId: string }
}

/**
 * The addresses of a network's bootstrap file, if the settings name one.
 *
 * @throws NodeError CONFIGURATION_WRONG, ConfigError
 */
export async function readBootstrapFile({
  config,
  genesis
}: NodeNetworkOptions): Promise<readonly string[]> {
  const { bootstrapFile } = config.network
  if (bootstrapFile === null) return []
  const text = await readFile(bootstrapFile, 'utf8').catch((cause: unknown) => {
    throw configurationError(`${bootstrapFile}: the bootstrap file cannot be read`, cause)
  })
  const { networkId, addresses } = parseBootstrap(text, bootstrapFile)
  if (networkId === genesis.networkId) return addresses
  throw configurationError(`${bootstrapFile}: is of network ${networkId}, not ${genesis.networkId}`)
}

function configurationError(message: string, cause?: unknown): NodeError {
  return new NodeError('CONFIGURATION_WRONG', message, { cause })
}

/** Makes the network of a node; whom it calls is set when the ledger is open. */
export function createNodeNetwork(
  { config, genesis }: NodeNetworkOptions,
  {
    keys,
    log,
    metrics,
    bootstrapFileAddresses
  }: {
    readonly keys: NodeKeys
    readonly log: Logger
    readonly metrics: Metrics
    readonly bootstrapFileAddresses: readonly string[]
  }
): Network {
  const { listen, announce, bootstrap, observersMax, observersPerAddressMax } = config.network
  const isShared = observersPerAddressMax > LOCAL_OBSERVERS
  return createNetwork(
    {
      networkId: genesis.networkId,
      identitySeed: keys.identity.seed,
      listenAddresses: listen,
      announceAddresses: announce,
      bootstrapAddresses: [...bootstrap, ...bootstrapFileAddresses],
      observersMax,
      limits: {
        observersPerHostMax: observersPerAddressMax,
        // Where members push, only a block's leader gossips it: so observers are linked to all.
        peersWanted: config.network.pushMembersMax,
        ...(isShared ? SHARED_HOST_LIMITS : {})
      }
    },
    {
      log,
      now: systemClock.nowMs,
      count: (name, label, amount) => metrics.count(name, label, amount),
      random: Math.random
    }
  )
}

/** The addresses of members that the settings know better. */
export function addressOverrides({ network }: Config): AddressOverrides {
  return new Map(network.memberAddresses.map(({ memberId, addresses }) => [memberId, addresses]))
}

/** Observers per address above which the settings speak of a network on one machine. */
const LOCAL_OBSERVERS = 16
/** Where all nodes share one address, its bounds are those of a whole network. */
const SHARED_HOST_LIMITS = {
  connectionsPerHostPerSecond: 200,
  handshakeBurstPerHost: 200,
  pendingPerHostMax: 200
}
