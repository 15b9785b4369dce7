/**
 * The node: the one file that knows every part, and joins them.
 *
 * @module
 */

import type { Config, GenesisDocument } from '../config/index.ts'
import {
  type Block,
  type BlockId,
  type CoreState,
  decodeBlock,
  type Electorate,
  fromHex,
  type Genesis,
  genesisElectorate,
  genesisHashOf,
  networkTagOfGenesis,
  openCore,
  type SignedVote,
  toHex,
  type View
} from '../protocol/index.ts'
import { createHttpApi, type HttpApi } from './api/http-api.ts'
import { createMetricsListener } from './api/metrics-listener.ts'
import { BatchStore, heldBatch } from './batches/batch-store.ts'
import { Batcher } from './batches/batcher.ts'
import { createVerifier, type Verifier } from './batches/verifier.ts'
import { type Clock, systemClock } from './clock.ts'
import { Driver } from './consensus/driver.ts'
import { createEffectPorts } from './consensus/effect-ports.ts'
import { MemberPlane } from './consensus/member-plane.ts'
import { Timers } from './consensus/timers.ts'
import { readRecordedVotes, Voter } from './consensus/voter.ts'
import { Dissemination } from './dissemination.ts'
import { NodeError } from './errors.ts'
import type { Gateway } from './gateways/gateway.ts'
import { createMqttGateway } from './gateways/mqtt-gateway.ts'
import { type Identity, keyProtection, type OwnSeat, readIdentity, readOwnSeat } from './identity.ts'
import { Intake } from './intake/intake.ts'
import { TransactionBook } from './intake/transaction-book.ts'
import { BODIES } from './ledger/keyspace.ts'
import { LedgerKeeper } from './ledger/ledger-keeper.ts'
import { openLedger } from './ledger/open-ledger.ts'
import { createLogger, type Logger } from './logger.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createNetwork, type Network } from './network/network.ts'
import { Archive } from './service/archive.ts'
import { NodeService } from './service/node-service.ts'
import { createSubmitter } from './service/submitter.ts'
import { type DataDirectory, openDataDirectory } from './storage/data-directory.ts'
import { BatchFetcher } from './sync/batch-fetcher.ts'
import { CatchUp } from './sync/catch-up.ts'
import { answerFetch } from './sync/fetch-server.ts'
import { decodeNodeStatus, encodeNodeStatus } from './sync/sync-message.ts'
import { watchEventLoop } from './watchdog.ts'
