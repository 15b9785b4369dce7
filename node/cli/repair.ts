/**
 * `thingmoot repair`: looks at the data directory of a node that is down, says what is damaged, and mends it.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { NodeError } from '../errors.ts'
import { readProtection } from '../node-keys.ts'
import { applyRepair, planRepair, type RepairPlan } from '../recovery/repair.ts'
import { type Survey, surveyDataDirectory } from '../recovery/survey.ts'
import { dataPaths } from '../storage/data-directory.ts'
import { takeLock } from '../storage/lock-file.ts'
import { addCommand, type CommandPorts, type CommonOptions, usage } from './command.ts'
import { createOutput, type Paint, table } from './output.ts'
import { addConfigOption, type OptionValues, readGenesis, readSettings } from './settings.ts'

interface RepairOptions extends CommonOptions {
  readonly plan?: boolean
  readonly apply?: boolean
  readonly freshLedger?: boolean
}

/** Adds `repair`. */
export function addRepairCommand(program: Command, ports: CommandPorts): void {
  addConfigOption(
    addCommand(program, 'repair', 'look at the data directory of a node that is down, and mend it')
  )
    .option('--plan', 'say what is whole, what is damaged and what --apply would do')
    .option('--apply', 'do it; what is damaged is moved aside, nothing is deleted')
    .option('--fresh-ledger', 'begin a new ledger also where a running node might mend this one')
    .action((options: RepairOptions & OptionValues) => repair(options, ports))
}

async function repair(options: RepairOptions, ports: CommandPorts): Promise<void> {
  if ((options.plan === true) === (options.apply === true))
    throw usage('say either --plan or --apply')
  const { config, filePath } = await readSettings(options, ports)
  const { genesis, genesisHash } = await readGenesis(config.genesis, config.networkId)
  const path = config.dataDirectory
  if (!existsSync(path))
    throw new NodeError('DATA_DIRECTORY_MISSING', `${path}: no data directory; make one with init`)
  const protection = await readProtection(config.keys.passphraseFile)
  const lock = await takeLock(dataPaths(path).lock)
  try {
    const survey = await surveyDataDirectory({ path, genesis, genesisHash, protection })
    const isFresh = options.freshLedger === true
    const plan = planRepair(survey, { timeMs: Date.now(), isLedgerFresh: isFresh })
    if (options.apply === true) await applyRepair(plan, survey.marker)
    report(survey, plan, { options, ports })
    judge(survey, plan, { isApplied: options.apply === true, filePath })
  } finally {
    await lock.release()
  }
}

function report(
  { parts }: Survey,
  plan: RepairPlan,
  { options, ports }: { readonly options: RepairOptions; readonly ports: CommandPorts }
): void {
  const isApplied = options.apply === true
  const { steps, beyond } = plan
  createOutput(options, ports).answer({
    json: { parts, steps, beyond, isApplied },
    lines: (paint) => [
      ...table(
        parts.map(({ part, condition, what }) => [part, `${painted(condition, paint)}  ${what}`]),
        paint
      ),
      ...closingLines(plan, { isApplied, isWhole: isAllWhole(parts), paint })
    ]
  })
}

function closingLines(
  { steps, beyond }: RepairPlan,
  {
    isApplied,
    isWhole,
    paint
  }: { readonly isApplied: boolean; readonly isWhole: boolean; readonly paint: Paint }
): string[] {
  const lines = beyond.map((what) => paint.red(`Beyond repair: ${what}`))
  if (steps.length > 0) lines.push(isApplied ? 'Done:' : '--apply would:')
  for (const { path, what } of steps) lines.push(`  ${path}: ${what}`)
  if (isWhole) lines.push(`${paint.green('✔')} all whole`)
  else if (steps.length === 0 && beyond.length === 0)
    lines.push(
      'Nothing to apply: start the node, and it mends what is damaged from its peers.',
      'Should it end with exit code 65 again, nobody has those records any more: --apply --fresh-ledger.'
    )
  return lines
}

/** A plan that found damage, and damage that stays, end with the exit code of damage. */
function judge(
  { parts }: Survey,
  { beyond }: RepairPlan,
  { isApplied, filePath }: { readonly isApplied: boolean; readonly filePath: string }
): void {
  const bad = parts.filter(({ condition }) => !['whole', 'lost'].includes(condition))
  if (bad.length === 0 || (isApplied && beyond.length === 0)) return
  const names = bad.map(({ part }) => part).join(', ')
  const next = isApplied ? '' : `; to mend it: thingmoot repair --apply --config ${filePath}`
  throw new NodeError('DATA_DIRECTORY_DAMAGED', `${names}: not whole${next}`)
}

function isAllWhole(parts: Survey['parts']): boolean {
  return parts.every(({ condition }) => condition === 'whole' || condition === 'lost')
}

function painted(condition: string, paint: Paint): string {
  const text = condition.padEnd('damaged'.length)
  if (condition === 'whole') return paint.green(text)
  return condition === 'lost' || condition === 'curable' ? paint.yellow(text) : paint.red(text)
}
