/**
 * `thingmoot refound`: from the survivors of a network that cannot go on to a new one, by hand and
 * with warnings.
 *
 * Each survivor stops its node and closes its epoch; the closings are brought together; each founds
 * the same new network from them beside its old data directory, which is only read.
 *
 * @module
 */

import { join } from 'node:path'
import type { Command } from 'commander'
import type { Config } from '../../config/index.ts'
import { formatGenesis } from '../../config/index.ts'
import {
  faultWeightOf,
  judgeRefoundedGenesis,
  type RefoundingPlan,
  toHex
} from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { closeEpoch, highestCertificate } from '../refounding/close-epoch.ts'
import { type ClosingFile, encodeClosingFile } from '../refounding/closing-file.ts'
import { layFoundation, planByClosings, writeFoundation } from '../refounding/found-network.ts'
import { openDataDirectory } from '../storage/data-directory.ts'
import { addCommand, type CommandPorts, type CommonOptions, usage } from './command.ts'
import { writeNewFile } from './files.ts'
import { createNode } from './init.ts'
import { createOutput, table } from './output.ts'
import {
  type ClosingKeys,
  makeClosingKeys,
  readClosingFiles,
  signerOfPair
} from './refound-files.ts'
import { openOldNode } from './refound-node.ts'
import { refoundingLines, shortSeat } from './refounding-lines.ts'
import { addConfigOption, readGenesis } from './settings.ts'

interface CloseOptions extends CommonOptions {
  readonly into: string
  readonly yes?: boolean
}

interface FoundOptions extends CommonOptions {
  readonly into: string
  readonly yes?: boolean
  readonly dryRun?: boolean
}

/** Adds `refound plan`, `close`, `found` and `show`. */
export function addRefoundCommand(program: Command, ports: CommandPorts): void {
  const group = program
    .command('refound')
    .description('the last resort: a new network from the survivors of one that cannot go on')
  addConfigOption(
    addCommand(
      group,
      'plan',
      'what closings lead to; without any, what this stopped node would show'
    )
  )
    .argument('[closings...]', 'files that `refound close` wrote, one of each survivor')
    .action((files: string[], options: CommonOptions) => showPlan(files, options, ports))
  addConfigOption(
    addCommand(group, 'close', 'this stopped node votes never again in its network; for good')
  )
    .requiredOption('--into <dir>', 'a new folder for the node of the new network')
    .option('--yes', 'you have read what `refound plan` says')
    .action((options: CloseOptions) => close(options, ports))
  addConfigOption(addCommand(group, 'found', 'make the new network and its node from closings'))
    .argument('<closings...>', 'files that `refound close` wrote, one of each survivor')
    .requiredOption('--into <dir>', 'the folder that `refound close` made')
    .option('--yes', 'you have read what `refound plan` says')
    .option('--dry-run', 'show what would be founded, and write nothing')
    .action((files: string[], options: FoundOptions) => found(files, options, ports))
  addCommand(group, 'show', 'who founded a network anew, with what weight, and what may be wrong')
    .argument('<genesis>', 'the genesis file of the new network')
    .action((path: string, options: CommonOptions) => show(path, options, ports))
}

async function showPlan(
  paths: readonly string[],
  options: CommonOptions,
  ports: CommandPorts
): Promise<void> {
  const old = await openOldNode(options, ports)
  try {
    if (paths.length > 0) {
      const planned = planByClosings(old.closed, await readClosingFiles(paths))
      tellPlan(planned, {
        options,
        ports,
        next: 'thingmoot refound found <closings…> --into <dir>'
      })
      return
    }
    const certificate = await highestCertificate(old)
    const { electorate } = old.closed
    createOutput(options, ports).answer({
      json: {
        networkId: old.closed.networkId,
        epoch: electorate.epoch,
        finalHeight: old.floor.height,
        certifiedView: certificate?.vote.view ?? null,
        members: electorate.seats.map(({ memberId, region, weight }) => ({
          memberId,
          region,
          weight
        }))
      },
      lines: (paint) => [
        `${old.closed.networkId} in epoch ${electorate.epoch}: block ${old.floor.height} is final here, and view ${certificate?.vote.view ?? 0} is the highest known to be notarised.`,
        ...table(
          electorate.seats.map((seat) => [shortSeat(seat), `weight ${seat.weight}`]),
          paint
        ),
        `Refounding ends this network for whoever closes it. First try to bring members back: ${electorate.quorumWeight} of ${electorate.totalWeight} are needed, and their data directories suffice.`,
        'Else, at each survivor, stopped: thingmoot refound close --into <new folder> --yes'
      ]
    })
  } finally {
    await old.close()
  }
}

async function close(options: CloseOptions, ports: CommandPorts): Promise<void> {
  if (options.yes !== true)
    throw usage(
      'closing cannot be undone: this node will never vote in this network again. Look at `thingmoot refound plan` first, then say --yes'
    )
  const old = await openOldNode(options, ports)
  try {
    const isSeated = old.closed.electorate.indexOf.has(toHex(old.keys.identity.publicKey))
    if (!isSeated)
      throw new NodeError('REFOUNDING_REFUSED', 'this node has no seat: there is nothing to close')
    // Fresh keys are durable before anything names them.
    const keys: ClosingKeys = await makeClosingKeys(options.into, old.keys, old.protection)
    const file = await closeEpoch(
      old,
      {
        identity: signerOfPair(old.keys.identity),
        voteKey: signerOfPair(keys.voteKey),
        nextVoteKeyHash: keys.nextVoteKeyHash
      },
      Date.now()
    )
    const memberId = toHex(old.keys.identity.publicKey)
    const path = join(options.into, `${memberId.slice(0, 8)}.closing`)
    await writeNewFile({ path, content: encodeClosingFile(file) })
    createOutput(options, ports).answer({
      json: { closing: path, memberId, epoch: file.closing.statement.epoch },
      lines: (paint) => [
        `${paint.green('✔')} this node has closed epoch ${file.closing.statement.epoch} of ${old.closed.networkId}; it never votes there again.`,
        ...table([['closing', path]], paint),
        'Next: bring the closings of all survivors together, look at them with `thingmoot refound plan <closings…>`, then `thingmoot refound found <closings…>` at each.'
      ]
    })
  } finally {
    await old.close()
  }
}

async function found(
  paths: readonly string[],
  options: FoundOptions,
  ports: CommandPorts
): Promise<void> {
  const files = await readClosingFiles(paths)
  const old = await openOldNode(options, ports)
  try {
    const foundation = layFoundation(old, files)
    const next = `thingmoot start --config ${join(options.into, 'node.yaml')}`
    if (options.dryRun === true || options.yes !== true) {
      tellPlan(foundation.plan, { options, ports, next: 'the same with --yes' })
      if (options.dryRun !== true)
        throw usage('nothing was written: read the above, then say --yes')
      return
    }
    const genesisPath = join(options.into, 'genesis.json')
    await writeNewFile({ path: genesisPath, content: formatGenesis(foundation.genesis) })
    await writeNode(foundation, { old, options, genesisPath, files, ports })
    tellPlan(foundation.plan, { options, ports, next })
  } finally {
    await old.close()
  }
}

async function writeNode(
  foundation: ReturnType<typeof layFoundation>,
  made: {
    readonly old: Awaited<ReturnType<typeof openOldNode>>
    readonly options: FoundOptions
    readonly genesisPath: string
    readonly files: readonly ClosingFile[]
    readonly ports: CommandPorts
  }
): Promise<void> {
  const { old, options, genesisPath } = made
  const dataDirectory = join(options.into, 'data')
  // Whoever did not close follows as an observer, with its own identity.
  await makeClosingKeys(options.into, old.keys, old.protection)
  const { networkId } = foundation.genesis
  const config: Config = { ...old.config, networkId, genesis: genesisPath, dataDirectory }
  await createNode({
    settingsPath: join(options.into, 'node.yaml'),
    config,
    chosen: new Set([...old.chosen, 'networkId', 'genesis', 'dataDirectory']),
    keysFolder: join(options.into, 'keys'),
    protection: old.protection
  })
  const { genesisHash } = await readGenesis(genesisPath, networkId)
  const directory = await openDataDirectory(
    { path: dataDirectory, networkId, genesisHash, keyFingerprint: old.fingerprint },
    { onWriteFailure: () => undefined }
  )
  try {
    await writeFoundation(foundation, old.ledger, directory.ledger)
  } finally {
    await directory.close()
  }
}

async function show(path: string, options: CommonOptions, ports: CommandPorts): Promise<void> {
  const { genesis } = await readGenesis(path)
  if (genesis.refounded === undefined) throw usage(`${path}: that network was not refounded`)
  const judged = judgeRefoundedGenesis(genesis)
  if (!judged.ok) throw new NodeError('VERIFICATION_FAILED', `${path}: ${judged.fault}`)
  tellPlan(judged.value.plan, {
    options,
    ports,
    next: 'whoever follows it says so: devices and clients never do by themselves'
  })
}

/** Everything that people must know, in the words that count. */
function tellPlan(
  plan: RefoundingPlan,
  {
    options,
    ports,
    next
  }: {
    readonly options: CommonOptions
    readonly ports: CommandPorts
    readonly next: string
  }
): void {
  const { signers, electorate, networkId, warnings, signedWeight, totalWeight } = plan
  createOutput(options, ports).answer({
    json: {
      networkId,
      epoch: electorate.epoch,
      baseId: plan.baseId,
      signedWeight,
      totalWeight,
      faultWeight: faultWeightOf(electorate),
      warnings,
      signers: signers.map(({ memberId, region, weight }) => ({ memberId, region, weight }))
    },
    lines: (paint) => [...refoundingLines(plan, paint), `Next: ${next}`]
  })
}
