/**
 * Every setting of a node: its type, unit and range, and what it means.
 *
 * Nothing here is a rule of the ledger. What all nodes must agree on, as the network delays of
 * consensus are, stands in genesis; whether this node has a vote is for the members to say.
 *
 * @module
 */

import type { z } from 'zod'
import type { Config, LogLevel } from './config.ts'
import {
  address,
  choice,
  filePath,
  group,
  hexText,
  host,
  list,
  peerAddress,
  slug,
  wholeNumber,
  yesOrNo
} from './shapes.ts'

const PORT_MAX = 65_535
const ADDRESSES_MAX = 16
const BOOTSTRAP_MAX = 64
const MEMBERS_MAX = 100
const BLOCKS_MAX = 1_000_000_000
const SNAPSHOTS_KEPT_MAX = 16
const LOG_LEVELS: readonly LogLevel[] = [
  'silent',
  'fatal',
  'error',
  'warn',
  'info',
  'debug',
  'trace'
]
const MIB = 1024 * 1024
const TIB = MIB * MIB

const port = (): z.ZodType<number> => wholeNumber(0, PORT_MAX)
const path = <Value>(shape: z.ZodType<Value>, meaning: string): z.ZodType<Value> =>
  shape.meta({ description: meaning, isPath: true })
const measured = (shape: z.ZodType<number>, unit: string, meaning: string): z.ZodType<number> =>
  shape.meta({ description: meaning, unit })

const network = group({
  listen: list(address(), { max: ADDRESSES_MAX }).describe(
    'Where other nodes reach this one; port 0 takes any free port'
  ),
  announce: list(address(), { max: ADDRESSES_MAX }).describe(
    'Addresses to tell other nodes instead of the ones listened on, behind a router for instance'
  ),
  bootstrapFile: path(filePath().nullable(), 'Bootstrap file of the network: whom to call first'),
  bootstrap: list(peerAddress(), { max: BOOTSTRAP_MAX }).describe(
    'Whom to call first, beside the bootstrap file'
  ),
  memberAddresses: list(
    group({
      memberId: hexText(32),
      addresses: list(address(), { min: 1, max: ADDRESSES_MAX })
    }),
    { max: MEMBERS_MAX }
  ).describe('Where to call members instead of at the end points they have on the ledger'),
  dissemination: choice(['auto', 'push', 'gossip']).describe(
    'How batches reach the members: push on direct streams, gossip, or by their number (auto)'
  ),
  pushMembersMax: measured(
    wholeNumber(1, MEMBERS_MAX),
    'members',
    'With auto, batches are pushed up to this many members and gossiped above'
  ),
  observersMax: measured(
    wholeNumber(0, 10_000),
    'nodes',
    'Nodes without a seat that may be connected at once; members always may'
  ),
  observersPerAddressMax: measured(
    wholeNumber(1, 10_000),
    'nodes',
    'How many of these may come from one IPv4 address or IPv6 /56'
  )
})

const http = group({
  host: host().describe('Interface of the API and the dashboard'),
  port: port().describe('Port of the API and the dashboard; 0 takes any free port'),
  behindProxy: yesOrNo().describe(
    'Says that a proxy in front does TLS, so that `http.host` may be open to other machines'
  )
})

const mqtt = group({
  enabled: yesOrNo().describe('Whether devices may speak MQTT to this node'),
  host: host().describe('Interface of the MQTT gateway'),
  port: port().describe('Port of the MQTT gateway; 0 takes any free port'),
  clientsMax: measured(wholeNumber(1, 100_000), 'clients', 'MQTT clients connected at once')
})

const metrics = group({
  enabled: yesOrNo().describe('Whether Prometheus may read metrics'),
  host: host().describe('Interface of the metrics'),
  port: port().describe('Port of the metrics; 0 takes any free port')
})

/** All settings as one strict schema: nothing missing, nothing unknown. */
export const configSchema: z.ZodType<Config> = group({
  networkId: slug()
    .nullable()
    .describe('Name of the network; when given, a genesis of another network is refused'),
  genesis: path(filePath(), 'Genesis file of the network'),
  dataDirectory: path(filePath(), 'Folder of the ledger, the keys and the vote log'),
  network: network.describe('The peer-to-peer side'),
  http: http.describe('The API for people, phones and devices'),
  mqtt: mqtt.describe('The MQTT gateway'),
  metrics: metrics.describe('Metrics for Prometheus'),
  log: group({
    level: choice(LOG_LEVELS).describe('The least important lines still written'),
    format: choice(['json', 'pretty']).describe('For machines or for eyes')
  }),
  batch: group({
    closeAfterMs: measured(
      wholeNumber(0, 1000),
      'ms',
      'How long transactions wait for company in a batch under load; an idle node never waits'
    ),
    closeAtBytes: measured(
      wholeNumber(1024, 65_536),
      'bytes',
      'Size at which a batch is closed at once'
    )
  }),
  pace: group({
    minMs: measured(
      wholeNumber(0, 10_000),
      'ms',
      'Shortest wait of the oldest transaction before a leader under load proposes'
    ),
    maxMs: measured(wholeNumber(0, 10_000), 'ms', 'Longest such wait, under full load'),
    enoughBytes: measured(
      wholeNumber(1024, 8 * MIB),
      'bytes',
      'Pending transactions that are proposed without any wait'
    )
  }),
  snapshot: group({
    everyBlocks: measured(
      wholeNumber(0, BLOCKS_MAX),
      'blocks',
      'A snapshot is made at every height that is a multiple of this; 0 makes none'
    ),
    keep: measured(
      wholeNumber(1, SNAPSHOTS_KEPT_MAX),
      'snapshots',
      'How many of the newest are kept and offered to others'
    ),
    joinBehindBlocks: measured(
      wholeNumber(1, BLOCKS_MAX),
      'blocks',
      'How far behind this node must be to look for a snapshot before it asks for blocks'
    )
  }),
  storage: group({
    keepBlocks: measured(
      wholeNumber(0, BLOCKS_MAX),
      'blocks',
      'How far back transactions are kept; older ones are forgotten once a snapshot stands above them, 0 keeps all'
    ),
    scrubBytesPerSecond: measured(
      wholeNumber(0, 1024 * MIB),
      'bytes/s',
      'How fast the ledger is read again and again to find and mend damage; 0 turns it off'
    )
  }),
  disk: group({
    warnBytes: measured(
      wholeNumber(0, TIB),
      'bytes',
      'Free space below which no new transactions are taken'
    ),
    stopBytes: measured(
      wholeNumber(0, TIB),
      'bytes',
      'Free space below which the node stops signing and ends cleanly'
    )
  }),
  keys: group({
    passphraseFile: path(
      filePath().nullable(),
      'File with the passphrase of the keys; none when the keys have no passphrase'
    )
  })
})
