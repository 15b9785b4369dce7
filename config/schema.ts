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
import { measured, path, port } from './measures.ts'
import { mqtt } from './mqtt-schema.ts'
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
  text,
  wholeNumber,
  yesOrNo
} from './shapes.ts'

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
const RATE_MAX = 1_000_000
const MIB = 1024 * 1024
const TIB = MIB * MIB

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
    'Says that a proxy in front does TLS and names callers in X-Forwarded-For, so that `http.host` may be open to other machines'
  ),
  tokenNeeded: yesOrNo().describe(
    'Whether reads need a token (`thingmoot token new`); signed transactions never do'
  ),
  corsOrigins: list(
    text(
      /^(?:\*|https?:\/\/[a-zA-Z0-9.:[\]-]{1,253})$/,
      'an origin such as https://app.example, or *'
    ),
    {
      max: ADDRESSES_MAX
    }
  ).describe('Origins whose pages may read the API from a browser; none unless named'),
  tls: group({
    certificateFile: path(
      filePath().nullable(),
      'Certificate chain of the API, PEM; with it the API speaks TLS'
    ),
    keyFile: path(filePath().nullable(), 'Private key of that certificate, PEM')
  }),
  rate: group({
    readsPerSecond: measured(
      wholeNumber(0, RATE_MAX),
      'requests/s',
      'Reads by one address or token, twice as many at once; 0 for no limit'
    ),
    submissionsPerSecond: measured(
      wholeNumber(0, RATE_MAX),
      'transactions/s',
      'Transactions handed in by one address or token, twice as many at once; 0 for no limit'
    ),
    heavyPerSecond: measured(
      wholeNumber(0, RATE_MAX),
      'requests/s',
      'Requests that make the node calculate, by one address or token; 0 for no limit'
    )
  })
})

const coap = group({
  enabled: yesOrNo().describe('Whether devices may speak CoAP to this node'),
  host: host().describe('Interface of the CoAP gateway'),
  port: port().describe('UDP port of the CoAP gateway; 0 takes any free port'),
  requestsPerSecond: measured(
    wholeNumber(1, 10_000),
    'requests/s',
    'CoAP requests taken from one address, twice as many at once; all devices of a site may share one'
  ),
  observersMax: measured(
    wholeNumber(0, 100_000),
    'observers',
    'Those who are told of changes over CoAP at once; 64 of them behind one address'
  )
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
  coap: coap.describe('The CoAP gateway'),
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
