/**
 * What a client pays to believe nobody: a receipt, a value and an absence checked as a phone or a
 * device does it, beside the signatures alone that each of them makes it check.
 *
 * The proofs are of replicas of the product with real signatures, on a virtual clock. Checks and bare
 * signatures take turns, so what else runs on the machine slows both alike.
 *
 * @module
 */

import { createEd25519Signer, ed25519Verify } from '#crypto'
import { checkRead, checkReceipt, trustGenesis } from '../../client/index.ts'
import {
  type Certificate,
  decodeReadProof,
  decodeReceiptProof,
  devices,
  invariant,
  readDeviceMessageEnvelope
} from '../../protocol/index.ts'
import { quantile } from '../fleet/fleet-record.ts'
import { fixed, type Row, section, whole } from './bench-text.ts'
import { type Benchmark, countOf, countsOf, ratiosOf } from './benchmark.ts'
import { dice } from './fleet.ts'
import { ascending } from './net-figures.ts'
import { openSimNet, type SimNet } from './sim-net.ts'

/** One kind of proof that was checked. */
interface ProofFigures {
  readonly kind: 'receipt' | 'value' | 'absence'
  readonly bytes: number
  readonly signatures: number
  /** Headers between the block and the one that was finalised by itself. */
  readonly descendants: number
  readonly p50Us: number
  readonly p99Us: number
  /** Its signatures alone. */
  readonly signaturesUs: number
  readonly toSignatures: number
}

interface Proof {
  readonly kind: ProofFigures['kind']
  readonly encoded: Uint8Array
  readonly finalisation: Certificate
  readonly descendants: number
  readonly check: () => boolean
}

const PAUSE_MS = 200
/** Blocks after the founding: the state has a few devices, with a few messages each. */
const BLOCKS = 12
const WARM_UP = 200
/** What is signed for a vote about a block. */
const VOTE_BYTES = 131

/** What a proof costs who checks it. */
export const proofBenchmark: Benchmark = {
  name: 'proof',
  about: 'checking a receipt, a value and an absence, beside the signatures alone',
  flags: [
    {
      kind: 'counts',
      name: 'members',
      about: 'of the networks whose proofs are checked',
      fallback: [4, 10],
      range: [1, 100]
    },
    {
      kind: 'count',
      name: 'checks',
      about: 'checks of each proof',
      fallback: 2_000,
      range: [10, 1_000_000]
    }
  ],
  measure: async (wish, { note }) => {
    const runs: { readonly members: number; readonly proofs: readonly ProofFigures[] }[] = []
    for (const members of countsOf(wish, 'members')) {
      note(`proof: a network of ${members} members, in virtual time`)
      const proofs = await makeProofs(members)
      runs.push({ members, proofs: proofs.map((proof) => measure(proof, countOf(wish, 'checks'))) })
    }
    return {
      valid: true,
      disturbed: false,
      remarks: [],
      ratios: ratiosOf(
        Object.fromEntries(
          runs.flatMap(({ members, proofs }) =>
            proofs.map(
              ({ kind, toSignatures }) =>
                [`${kind} ÷ its signatures, n = ${members}`, [toSignatures, 'lower']] as const
            )
          )
        )
      ),
      lines: runs.flatMap(({ members, proofs }) =>
        section(`Proofs of ${members} members`, proofs.map(rowOf))
      ),
      figures: { runs }
    }
  }
}

/** Lets a network speak for a while, and asks a replica for a proof of each kind. */
async function makeProofs(members: number): Promise<readonly Proof[]> {
  const net = openSimNet({ members, pauseMs: PAUSE_MS })
  const { genesis, chains } = net.world.founding
  const [said] = chains[0] ?? []
  invariant(said !== undefined, 'the devices of a simulated network have something to say')
  await net.runUntil('messages to be final', () => {
    const isSaid = net.node.replica?.archive.statusOf(said.id)?.stage === 'final'
    return isSaid && net.height() >= BLOCKS
  })
  const network = trustGenesis(genesis)
  const receipt = await promised(net, (service) => service.receipt(said.id))
  const outcome = receipt === null ? undefined : decodeReceiptProof(receipt)
  invariant(receipt !== null && outcome !== undefined, 'a replica proves what is final')
  const envelope = readDeviceMessageEnvelope(said.wire)
  invariant(envelope !== undefined, 'what a device says names the device')
  const { deviceId } = envelope.message
  const reads = [
    await readProof(net, { kind: 'value', key: deviceId }),
    await readProof(net, { kind: 'absence', key: dice(deviceId.length) })
  ] as const
  return [
    {
      kind: 'receipt',
      encoded: receipt,
      finalisation: outcome.finality.finalisation,
      descendants: outcome.finality.descendants.length,
      check: () => checkReceipt(network, said.id, receipt).ok
    },
    ...reads.map(({ kind, key, encoded }): Proof => {
      const proof = decodeReadProof(encoded)
      invariant(proof !== undefined, 'a replica makes well-formed proofs')
      invariant((proof.value === null) === (kind === 'absence'), 'what is there has a value')
      const { finalisation, descendants } = proof.finality
      const place = { table: devices.number, key }
      const check = (): boolean => checkRead(network, place, encoded).ok
      return { kind, encoded, finalisation, descendants: descendants.length, check }
    })
  ]
}

async function readProof(
  net: SimNet,
  { kind, key }: { readonly kind: 'value' | 'absence'; readonly key: Uint8Array }
): Promise<{
  readonly kind: 'value' | 'absence'
  readonly key: Uint8Array
  readonly encoded: Uint8Array
}> {
  const read = await promised(net, (service) => service.readState(devices.number, key, true))
  invariant(read.proof !== null, 'a replica with blocks proves what it holds')
  return { kind, key, encoded: read.proof }
}

/** Asks a replica; what it waits for happens in virtual time. */
async function promised<Answer>(
  net: SimNet,
  ask: (service: NonNullable<SimNet['node']['replica']>['service']) => Promise<Answer>
): Promise<Answer> {
  const { replica } = net.node
  invariant(replica !== null, 'in fair weather every node is up')
  let settled = false
  const asked = ask(replica.service).finally(() => {
    settled = true
  })
  await net.runUntil('an answer', () => settled)
  return await asked
}

function measure(proof: Proof, checks: number): ProofFigures {
  const bare = bareSignatures(proof)
  const checkUs: number[] = []
  const bareUs: number[] = []
  for (let turn = -WARM_UP; turn < checks; turn++) {
    const startMs = performance.now()
    const isGood = proof.check()
    const betweenMs = performance.now()
    bare()
    const endMs = performance.now()
    invariant(isGood, 'genuine proofs are believed')
    if (turn < 0) continue
    checkUs.push(1_000 * (betweenMs - startMs))
    bareUs.push(1_000 * (endMs - betweenMs))
  }
  const ordered = ascending(checkUs)
  const p50Us = quantile(ordered, 0.5) ?? 0
  const signaturesUs = quantile(ascending(bareUs), 0.5) ?? 0
  return {
    kind: proof.kind,
    bytes: proof.encoded.length,
    signatures: proof.finalisation.signatures.length,
    descendants: proof.descendants,
    p50Us,
    p99Us: quantile(ordered, 0.99) ?? 0,
    signaturesUs,
    toSignatures: p50Us / signaturesUs
  }
}

/** As many signatures over as many bytes as the certificate has, and nothing else. */
function bareSignatures({ finalisation }: Proof): () => void {
  const signed = finalisation.signatures.map(() => {
    const signer = createEd25519Signer(dice(32))
    const message = dice(VOTE_BYTES)
    return { publicKey: signer.publicKey, message, signature: signer.sign(message) }
  })
  return () => {
    for (const { publicKey, message, signature } of signed)
      invariant(ed25519Verify(publicKey, message, signature), 'our own signatures are genuine')
  }
}

function rowOf({ kind, signatures, bytes, descendants, ...figures }: ProofFigures): Row {
  const { p50Us, p99Us, signaturesUs, toSignatures } = figures
  return [
    kind,
    `${fixed(p50Us, 0)} µs, 99 of 100 within ${fixed(p99Us, 0)} µs; ${fixed(toSignatures, 2)} times its ${signatures} signatures of ${fixed(signaturesUs, 0)} µs; ${whole(bytes)} bytes${descendants === 0 ? '' : `, ${descendants} headers on`}`
  ]
}
