/**
 * What a node does when told nothing.
 *
 * @module
 */

import type { Config } from './config.ts'

/** The variables of the process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Where the files of a node are when nothing else is said. */
export interface HomePaths {
  readonly settingsFile: string
  readonly genesis: string
  readonly dataDirectory: string
}

/**
 * The usual places: all beneath `$THINGMOOT_HOME` when that is set, otherwise the folders of the
 * XDG Base Directory Specification, and beneath the working directory when there is no home.
 */
export function homePaths(environment: Environment): HomePaths {
  const {
    THINGMOOT_HOME: own,
    XDG_CONFIG_HOME: configHome,
    XDG_DATA_HOME: dataHome,
    HOME: home
  } = environment
  const beneath = (root: string): HomePaths => ({
    settingsFile: `${root}/config/node.yaml`,
    genesis: `${root}/config/genesis.json`,
    dataDirectory: `${root}/data`
  })
  if (own) return beneath(own)
  if (!home) return beneath('thingmoot')
  const settings = `${configHome || `${home}/.config`}/thingmoot`
  return {
    settingsFile: `${settings}/node.yaml`,
    genesis: `${settings}/genesis.json`,
    dataDirectory: `${dataHome || `${home}/.local/share`}/thingmoot`
  }
}

/** The default of every setting. */
export function createDefaults(environment: Environment): Config {
  const { genesis, dataDirectory } = homePaths(environment)
  return {
    networkId: null,
    genesis,
    dataDirectory,
    network: {
      listen: ['/ip4/0.0.0.0/tcp/4001'],
      announce: [],
      bootstrapFile: null,
      bootstrap: [],
      memberAddresses: [],
      dissemination: 'auto',
      pushMembersMax: 16,
      observersMax: 150,
      observersPerAddressMax: 4
    },
    http: {
      host: '127.0.0.1',
      port: 8080,
      behindProxy: false,
      tokenNeeded: false,
      corsOrigins: [],
      tls: { certificateFile: null, keyFile: null },
      rate: { readsPerSecond: 200, submissionsPerSecond: 500, heavyPerSecond: 20 }
    },
    mqtt: {
      enabled: true,
      host: '127.0.0.1',
      port: 1883,
      clientsMax: 1024,
      tls: { certificateFile: null, keyFile: null },
      topics: [],
      homeAssistant: { enabled: false, prefix: 'homeassistant', devices: [] },
      bridge: { url: null, user: null, passwordFile: null, authorityFile: null },
      connectsMax: 256,
      connectSeconds: 5,
      packetBytesMax: 32_768,
      sessions: { max: 1024, bytesMax: 262_144, awaySeconds: 604_800 }
    },
    coap: {
      enabled: true,
      host: '127.0.0.1',
      port: 5683,
      requestsPerSecond: 20,
      observersMax: 1024
    },
    metrics: { enabled: true, host: '127.0.0.1', port: 9464 },
    log: { level: 'info', format: 'json' },
    batch: { closeAfterMs: 10, closeAtBytes: 65_536 },
    pace: { minMs: 20, maxMs: 50, enoughBytes: 262_144 },
    snapshot: { everyBlocks: 8192, keep: 2, joinBehindBlocks: 10_000 },
    storage: { keepBlocks: 0, scrubBytesPerSecond: 2_097_152 },
    disk: { warnBytes: 1_073_741_824, stopBytes: 268_435_456 },
    keys: { passphraseFile: null }
  }
}
