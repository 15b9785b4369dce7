/**
 * Mutants: wrong lines that the simulator must notice, each with how it is looked for.
 *
 * @module
 */

import type { Mutation } from './variant.ts'

/** One mutant. */
export interface Mutant extends Mutation {
  readonly name: string
  /** How it must be caught; the first way that catches it is enough. */
  readonly hunt: {
    /** Scenarios by their names, tried first: one whose output differs has caught it. */
    readonly scenarios?: readonly string[]
    /** Files of `testnet/scenarios/`, tried next. */
    readonly plans?: readonly string[]
    /** So many seeds at most, from the first on. */
    readonly seedsMax: number
    readonly seconds: number
    /** Where the seeds begin. */
    readonly from?: number
  }
}

/** What random seeds are tried for, unless a mutant needs more. */
const SEEDS = { seedsMax: 300, seconds: 60 }

/** Devices' readings are asked for when there was time enough for all of them to count. */
const THINGS = { seedsMax: 300, seconds: 120 }

/** All mutants. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'quorum minus one',
    file: 'protocol/membership/electorate.js',
    find: 'return Math.floor(part) + 1;',
    replace: 'return Math.floor(part);',
    hunt: SEEDS
  },
  {
    name: 'light client takes a notarised block for final',
    file: 'protocol/proofs/finality-proof.js',
    find: "vote.kind !== 'finalise' || ",
    replace: '',
    hunt: SEEDS
  },
  {
    name: 'finalise after nullify',
    file: 'protocol/consensus/voting-rule.js',
    find: 'view <= state.finalView || isNullified || finalise !== null',
    replace: 'view <= state.finalView || finalise !== null',
    hunt: SEEDS
  },
  {
    name: 'notarise twice in a view',
    file: 'protocol/consensus/voting-rule.js',
    find: 'view > state.finalView && notarise === null && !isNullified',
    replace:
      'view > state.finalView && notarise?.blockId !== state.views.get(view)?.proposed?.blockId && !isNullified',
    // A node looks at the first proposal of a view alone: that guards against it too.
    with: {
      file: 'protocol/consensus/proposal-rule.js',
      find: 'if (record.proposed === null) {',
      replace: '{'
    },
    hunt: SEEDS
  },
  {
    name: 'gap check dropped',
    file: 'protocol/consensus/proposal-rule.js',
    find: 'if (certificatesOf(state, view).nullification === null)\n            return false;',
    replace: '',
    hunt: { seedsMax: 600, seconds: 60 }
  },
  {
    name: 'votes sent before they are synced',
    file: 'node/consensus/voter.js',
    find: 'await voteLog.record({',
    replace: 'void voteLog.record({',
    hunt: SEEDS
  },
  {
    name: 'body and batches not synced before the vote',
    file: 'node/consensus/voter.js',
    find: 'await batch.write({ sync: true });',
    replace: 'await batch.write({ sync: false });',
    hunt: SEEDS
  },
  {
    name: 'vote log forgotten at a start',
    file: 'node/consensus/open-node-core.js',
    find: 'ownVotes: recorded.votes,',
    replace: 'ownVotes: [],',
    hunt: SEEDS
  },
  {
    name: 'own votes not counted again after a start',
    file: 'protocol/consensus/start.js',
    find: 'countOwnVote(turn, vote);',
    replace: ';',
    hunt: { scenarios: ['own-votes-after-a-start'], ...SEEDS }
  },
  {
    name: 'certificates not recorded with the votes they led to',
    file: 'node/consensus/voter.js',
    find: 'certificates: effect.certificates.map(',
    replace: 'certificates: [].map(',
    hunt: { scenarios: ['lost-certificate'], ...SEEDS }
  },
  {
    name: 'stale log not noticed',
    file: 'protocol/consensus/own-key.js',
    find: 'if (latestVoteOfYours !== null && isMissing(state, latestVoteOfYours.vote))',
    replace: 'if (latestVoteOfYours === undefined)',
    hunt: { scenarios: ['restored-backup'], ...SEEDS }
  },
  {
    name: 'certificate weight not counted',
    file: 'protocol/consensus/certificate.js',
    find: 'if (weight < electorate.quorumWeight)',
    replace: 'if (weight < 1)',
    hunt: SEEDS
  },
  {
    name: 'certificate signatures not checked',
    file: 'node/consensus/effect-ports.js',
    find: 'const isGenuine = judgeCertificate(certificate, ports.networkTag, ports.electorate).ok;',
    replace: 'const isGenuine = true;',
    hunt: SEEDS
  },
  {
    name: 'state root not compared',
    file: 'node/ledger/ledger-keeper.js',
    find: 'const isEqual = equalBytes(executed.stateRoot, header.stateRoot) &&',
    replace: 'const isEqual =',
    hunt: { seedsMax: 600, seconds: 60 }
  },
  {
    // Sequence, chain and key guard against it, each by itself: only without all three it shows.
    name: 'what a device said before is accepted again',
    file: 'protocol/ledger/rules/device-message-rule.js',
    find: `if (message.sequence !== branch.sequence + 1) {
        if (equalBytes(transaction.id, branch.headMessageId))
            return duplicate;
        return message.sequence <= branch.sequence ? refused('SEQUENCE_USED') : waits('SEQUENCE_AHEAD');
    }
    if (!canSpeak(device))
        return waits('DEVICE_STOPPED');
    if (!equalBytes(message.previousMessageId, branch.headMessageId))
        return refused('CHAIN_BROKEN');
    if (!equalBytes(keyHash(message.signingKey), branch.signingKeyHash))
        return refused('SIGNING_KEY_WRONG');
    return undefined;`,
    replace: 'return undefined;',
    hunt: SEEDS
  },
  {
    name: 'accepted before it is durable',
    file: 'node/batches/batch-store.js',
    find: 'await batch.write({ sync: true });',
    replace: 'await batch.write({ sync: false });',
    hunt: SEEDS
  },
  {
    name: 'final before it is durable',
    file: 'node/ledger/ledger-keeper.js',
    find: 'await batch.write({ sync: finalisation !== null });',
    replace: 'await batch.write({ sync: false });',
    hunt: SEEDS
  },
  {
    name: 'local clock in execution',
    file: 'node/ledger/ledger-keeper.js',
    find: 'await this.#run(block.batches, parent, timeMs)',
    replace: 'await this.#run(block.batches, parent, Date.now())',
    hunt: SEEDS
  },
  {
    name: 'time of a proposal not judged',
    file: 'protocol/consensus/proposal-rule.js',
    find: 'if (earlyMs > 0) {',
    replace: 'if (earlyMs > Number.MAX_SAFE_INTEGER) {',
    hunt: { seedsMax: 600, seconds: 60 }
  },
  {
    name: 'batches of the final blocks wait for ever',
    file: 'protocol/consensus/commitment.js',
    find: 'state.pendingBatches.delete(id);',
    replace: ';',
    hunt: { scenarios: ['quiet-at-last'], ...SEEDS }
  },
  {
    name: 'empty blocks for ever',
    file: 'protocol/consensus/lead.js',
    find: 'if (state.heartbeatView === view)',
    replace: 'if (state.heartbeatView !== undefined)',
    hunt: { scenarios: ['quiet-at-last'], ...SEEDS }
  },
  {
    name: 'nobody wakes the leaders',
    file: 'protocol/consensus/standstill.js',
    find: 'if (waiting.length > 0 && to.length > 0)',
    replace: 'if (waiting.length < 0)',
    hunt: { scenarios: ['one-batch-holder'], ...SEEDS }
  },
  {
    name: 'views without a bound',
    file: 'protocol/consensus/vote-tally.js',
    find: 'if (vote.view <= state.finalView || vote.view > state.view + 1)',
    replace: 'if (vote.view <= state.finalView)',
    hunt: SEEDS
  },
  {
    name: 'votes of several views pooled together',
    file: 'protocol/consensus/vote-tally.js',
    find: 'const record = viewRecord(state, vote.view);\n    if (!isFirst(turn, record, signed))',
    replace:
      'const record = viewRecord(state, state.view);\n    if (!isFirst(turn, record, signed))',
    hunt: SEEDS
  },
  {
    name: 'votes about one block of several views pooled by its id alone',
    file: 'protocol/consensus/vote-tally.js',
    find: 'function poolOf(record, vote) {\n    const name = poolName(vote);\n    let pool = record.pools',
    replace:
      'function poolOf(ofView, vote) {\n    const isFinal = vote.kind === "finalise";\n    const record = isFinal ? ofView.shared : ofView;\n    const name = isFinal ? vote.subject.blockId : poolName(vote);\n    let pool = record.pools',
    with: {
      file: 'protocol/consensus/core-state.js',
      find: 'pools: new Map(),',
      replace: 'pools: new Map(), shared: (state.shared ??= { pools: new Map() }),'
    },
    hunt: { scenarios: ['seals-over-four-views'], seedsMax: 0, seconds: 60 }
  },
  {
    name: 'an epoch ends with the notarisation of its seal',
    file: 'protocol/consensus/certificate-store.js',
    find: "    if (kind === 'finalise')\n        advanceFinality(turn, certificate);",
    replace:
      "    const seal = state.blocks.get(certificate.vote.subject?.blockId)?.block.header.seal ?? null;\n    if (kind === 'finalise' || (kind === 'notarise' && seal !== null))\n        advanceFinality(turn, certificate);",
    hunt: { scenarios: ['seals-over-four-views'], ...SEEDS }
  },
  {
    name: 'a seal is not said again, but built upon',
    file: 'protocol/consensus/lead.js',
    find: 'if (isOpenSeal(state, parentId)) {',
    replace: 'if (isOpenSeal(state, undefined)) {',
    hunt: { scenarios: ['seals-over-four-views'], ...SEEDS }
  },
  {
    // Both guards against it are one below the other: what is read, and what of it is taken.
    name: 'vote log of the epoch before read into the next',
    file: 'node/consensus/voter.js',
    find: 'await voteLog.load({ epoch: electorate.epoch, view: from });',
    replace: 'await voteLog.load({ epoch: 0, view: 0 });\n    electorate = { epoch: 0 };',
    hunt: { seedsMax: 600, seconds: 120 }
  },
  {
    name: 'votes of the epoch before counted',
    file: 'node/consensus/member-plane.js',
    find: 'if (epochOf(read) !== epoch) {',
    replace: 'if (epochOf(read) > epoch) {',
    with: {
      file: 'protocol/consensus/vote-tally.js',
      find: 'if (vote.epoch !== state.electorate.epoch || state',
      replace: 'if (state'
    },
    hunt: { seedsMax: 600, seconds: 120 }
  },
  {
    name: 'two messages of one turn are not noticed',
    file: 'node/evidence/evidence-keeper.js',
    find: 'if (this.#counted.has(transaction.id) ||',
    replace: 'if (true ||',
    hunt: THINGS
  },
  {
    name: 'an offer is made over an open one',
    file: 'protocol/ledger/rules/owner-acts/standing-acts.js',
    find: 'if (ownership.openOffer !== null)',
    replace: 'if (ownership.openOffer === undefined)',
    hunt: THINGS
  },
  {
    name: 'a seller owns on after the sale',
    file: 'protocol/ledger/rules/transfer-accept-rule.js',
    find: 'ownerKeyHash: act.ownerKeyHash,',
    replace: '',
    hunt: THINGS
  },
  {
    name: 'a false anchor stops a header',
    file: 'protocol/ledger/rules/device-message-rule.js',
    find: 'const isAnchorTrue = code',
    replace: "if (code === 'ANCHOR_FALSE') return refused(code);\n    const isAnchorTrue = code",
    hunt: THINGS
  },
  {
    name: 'a device forgets what was void',
    file: 'client/outbox.js',
    find: 'if (voidCode === null)',
    replace: 'if (voidCode !== undefined)',
    hunt: THINGS
  }
]
