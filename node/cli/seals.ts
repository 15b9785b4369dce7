/**
 * `thingmoot seals`: fetches the seals that lead from genesis to the members of today, into a file.
 *
 * Each is judged before it is kept. With the file, proofs of later epochs are checked offline.
 *
 * @module
 */

import type { Command } from 'commander'
import {
  createHttpClient,
  followNode,
  type LedgerFollower,
  trustGenesis
} from '../../client/index.ts'
import { decodeSealProofs, encodeSealProofs, type SealProof } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { addCommand, type CommandPorts, type CommonOptions } from './command.ts'
import { readNamedFile, writeNewFile } from './files.ts'
import { count, createOutput } from './output.ts'
import { addConfigOption, networkOf } from './settings.ts'

interface SealsOptions extends CommonOptions {
  readonly genesis?: string
  readonly node: string
}

/** Seals of one file, at most. */
const SEALS_OF_FILE_MAX = 65_536
const FILE_BYTES_MAX = 64 * 1024 * 1024

/** Adds `seals`. */
export function addSealsCommand(program: Command, ports: CommandPorts): void {
  addConfigOption(
    addCommand(program, 'seals', 'fetch what leads from genesis to the members of today')
  )
    .argument('<file>', 'file for the seals; it must not exist yet')
    .requiredOption('--node <url>', 'address of a node, like http://127.0.0.1:8080')
    .option('--genesis <file>', 'genesis of the network (default: as in the settings)')
    .action((path: string, options: SealsOptions) => fetchSeals(path, options, ports))
}

async function fetchSeals(path: string, options: SealsOptions, ports: CommandPorts): Promise<void> {
  const genesis = await networkOf(options, ports)
  const ledger = trustGenesis(genesis, 1)
  const transport = createHttpClient({ baseUrls: [options.node] })
  const seals: SealProof[] = []
  await followNode(ledger, {
    seals: async (from) => {
      const fetched = await transport.seals(from)
      seals.push(...fetched)
      return fetched
    }
  })
  await writeNewFile({ path, content: encodeSealProofs(seals) })
  const { epoch, seats } = ledger.newest
  createOutput(options, ports).answer({
    json: { path, networkId: genesis.networkId, seals: seals.length, epoch },
    lines: (paint) => [
      `${paint.green('✔')} ${path}: ${count(seals.length, 'seal')}, up to epoch ${epoch} with ${count(seats.length, 'member')}`
    ]
  })
}

/**
 * Follows the seals of a file.
 *
 * @throws NodeError VERIFICATION_FAILED when they do not lead on from what is trusted
 */
export async function followFile(ledger: LedgerFollower, path: string): Promise<void> {
  const seals = decodeSealProofs(await readNamedFile(path, FILE_BYTES_MAX), SEALS_OF_FILE_MAX)
  if (seals === undefined)
    throw new NodeError('VERIFICATION_FAILED', `${path}: SEALS_MALFORMED: these are no seals`)
  const followed = ledger.follow(seals)
  if (!followed.ok)
    throw new NodeError(
      'VERIFICATION_FAILED',
      `${path}: SEALS_FORGED: the seals do not lead on from epoch ${ledger.newest.epoch}, ${followed.fault}`
    )
}
