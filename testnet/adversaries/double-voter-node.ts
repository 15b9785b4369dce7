#!/usr/bin/env node
/**
 * A founder's node that votes twice when it is sent SIGUSR2; until then, and after, it is honest.
 *
 * The whole product runs here, with another wire under its network. The product itself holds no
 * switch for any of this.
 *
 * @module
 */

import '../../node/shims.ts'
import { quietPipes } from '../../node/cli/quiet-pipes.ts'
import { reportError, runCommandLine } from '../../node/cli/run.ts'
import type { NodeStarter, NodeStartOptions } from '../../node/cli/start.ts'
import { NetworkNode } from '../../node/network/network-node.ts'
import { readNodeKeys } from '../../node/node-keys.ts'
import { seatOfIdentity } from '../../node/own-seat.ts'
import { dataPaths } from '../../node/storage/data-directory.ts'
import {
  equalBytes,
  genesisElectorate,
  invariant,
  networkTagOfGenesis
} from '../../protocol/index.ts'
import { createDoubleTalk, type DoubleVoterOptions } from './double-voter.ts'

let isTold = false
process.on('SIGUSR2', () => {
  isTold = true
})

/** The seat of a founder, and the key with which it votes in the first epoch. */
async function founderOf({ config, genesis }: NodeStartOptions): Promise<DoubleVoterOptions> {
  const folder = dataPaths(config.dataDirectory).keys
  const { identity, voteKeys } = await readNodeKeys(folder, { kind: 'plain' })
  const electorate = genesisElectorate(genesis)
  const own = seatOfIdentity(electorate, identity.publicKey)
  const voteKey = [...voteKeys.values()].find(
    ({ publicKey }) => own !== undefined && equalBytes(publicKey, own.seat.voteKey)
  )
  invariant(own !== undefined && voteKey !== undefined, 'a double voter is a founder')
  return { networkTag: networkTagOfGenesis(genesis), electorate, seat: own.index, voteKey }
}

const startNode: NodeStarter = async (options) => {
  const founder = await founderOf(options)
  const honest = NetworkNode.prototype.sendToMember
  NetworkNode.prototype.sendToMember = function (this: NetworkNode, ...sent): boolean {
    // Of this node's one network the wire is replaced as soon as it first sends.
    this.sendToMember = createDoubleTalk(honest.bind(this), founder, {
      isTold: () => isTold,
      onOffence: (view) => void process.stdout.write(`votes twice in view ${view}\n`)
    })
    return this.sendToMember(...sent)
  }
  return (await import('../../node/node.ts')).startNode(options)
}

process.exitCode = await runCommandLine(process.argv.slice(2), {
  environment: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  readerGone: quietPipes(process),
  onSignal: (signal, listener) => void process.on(signal, listener),
  exit: (code) => process.exit(code),
  startNode
}).catch((error: unknown) => reportError(error, { stderr: process.stderr, isVerbose: true }))
