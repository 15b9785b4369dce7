/**
 * `thingmoot verify`: checks a proof, or a node's whole ledger, with nothing but the genesis of its network.
 *
 * No node is trusted: the genesis names the first members, seals lead from them to those of later
 * epochs, and the members' signatures say the rest.
 *
 * @module
 */

import type { Command } from 'commander'
import { createHttpClient, followNode, trustGenesis } from '../../client/index.ts'
import type { GenesisDocument } from '../../config/index.ts'
import { NodeError } from '../errors.ts'
import { addCommand, type CommandPorts, type CommonOptions, usage } from './command.ts'
import { readNamedFile } from './files.ts'
import { EPOCHS_KEPT } from './network-trust.ts'
import { createOutput, type Output, type Paint, table } from './output.ts'
import { judgeProof, type ProofFault, type ProofVerdict, type ProvedFact } from './proof.ts'
import { followFile } from './seals.ts'
import { addConfigOption, networkOf } from './settings.ts'
import { verifyLedger } from './verify-ledger.ts'

/** What may hold once more seals are followed. */
const NEEDS_SEALS: readonly string[] = ['EPOCH_AHEAD', 'BATCH_AUTHOR_UNKNOWN']

interface VerifyOptions extends CommonOptions {
  readonly genesis?: string
  readonly transaction?: string
  readonly seals?: string
  readonly node?: string
  readonly ledger?: boolean
  readonly deep?: boolean
}

/** Adds `verify`. */
export function addVerifyCommand(program: Command, ports: CommandPorts): void {
  addConfigOption(
    addCommand(program, 'verify', 'check a receipt, a read proof or a whole ledger offline')
  )
    .argument('[proof]', 'file with the proof as CBOR, or as its hexadecimal text')
    .option('--genesis <file>', 'genesis of the network (default: as in the settings)')
    .option('--transaction <file>', 'the bytes that an accepted receipt is for')
    .option('--seals <file>', 'seals that lead to later epochs, from thingmoot seals')
    .option('--node <url>', 'node whose seals are followed where a proof is of a later epoch')
    .option('--ledger', 'check the whole ledger of this node, which must be down')
    .option('--deep', 'with --ledger: every signature, and all blocks executed anew')
    .action((path: string | undefined, options: VerifyOptions) => {
      if ((path === undefined) !== (options.ledger === true))
        throw usage('name either a file with a proof, or --ledger')
      return path === undefined ? verifyLedger(options, ports) : verify(path, options, ports)
    })
}

async function verify(path: string, options: VerifyOptions, ports: CommandPorts): Promise<void> {
  const genesis = await networkOf(options, ports)
  const proof = fromHexText(await readNamedFile(path))
  const transaction =
    options.transaction === undefined
      ? undefined
      : fromHexText(await readNamedFile(options.transaction))
  const judged = await judge(proof, transaction, {
    ...options,
    genesis
  })
  const output = createOutput(options, ports)
  if (judged.kind === 'needs-transaction')
    throw usage('an accepted receipt is checked with the bytes it is for: --transaction <file>')
  if (judged.kind === 'fault') refuse(path, judged, output)
  else
    output.answer({
      json: factFields(judged.fact),
      lines: (paint) => linesOf(judged.fact, paint)
    })
}

/** Judges a proof; where it is of an epoch that no file led to, a node may lead on. */
async function judge(
  proof: Uint8Array,
  transaction: Uint8Array | undefined,
  { genesis, seals, node }: Pick<VerifyOptions, 'seals' | 'node'> & { genesis: GenesisDocument }
): Promise<ProofVerdict> {
  const ledger = trustGenesis(genesis, EPOCHS_KEPT)
  if (seals !== undefined) await followFile(ledger, seals)
  const context = { networkId: genesis.networkId, ledger, transaction }
  const judged = judgeProof(proof, context)
  const isLed = judged.kind === 'fault' && NEEDS_SEALS.includes(judged.code)
  if (!isLed || node === undefined) return judged
  await followNode(ledger, createHttpClient({ baseUrls: [node] }))
  return judgeProof(proof, context)
}

/** A proof may have come by way of JSON, where bytes are hexadecimal text. */
function fromHexText(content: Uint8Array): Uint8Array {
  const text = Buffer.from(content).toString('latin1').trim()
  if (text.length === 0 || text.length % 2 !== 0 || !/^[0-9a-fA-F]+$/.test(text)) return content
  return new Uint8Array(Buffer.from(text, 'hex'))
}

function refuse(path: string, { code, what }: ProofFault, output: Output): never {
  if (output.isJson) output.answer({ json: { proved: false, fault: code }, lines: () => [] })
  throw new NodeError('VERIFICATION_FAILED', `${path}: proves nothing, ${code}: ${what}`)
}

function linesOf(fact: ProvedFact, paint: Paint): string[] {
  return [`${paint.green('✔')} ${fact.sentence}`, ...table(fact.rows, paint)]
}

function factFields({ proof, networkId, sentence, facts }: ProvedFact): unknown {
  return { proved: true, proof, networkId, sentence, ...facts }
}
