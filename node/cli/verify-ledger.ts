/**
 * `thingmoot verify --ledger`: the whole ledger of a node that is down, checked from its lowest block to the last.
 *
 * @module
 */

import { NodeError } from '../errors.ts'
import { auditLedger, type LedgerAudit } from '../recovery/ledger-audit.ts'
import { dataPaths } from '../storage/data-directory.ts'
import { takeLock } from '../storage/lock-file.ts'
import { readMarker } from '../storage/node-marker.ts'
import { openDatabase } from '../storage/open-database.ts'
import type { CommandPorts, CommonOptions } from './command.ts'
import { count, createOutput, isColoured } from './output.ts'
import { readGenesis, readSettings } from './settings.ts'

/** What may be told on the command line. */
export interface VerifyLedgerOptions extends CommonOptions {
  readonly genesis?: string
  readonly deep?: boolean
}

/** Blocks between two lines of progress. */
const PROGRESS_BLOCKS = 500

/**
 * Checks the ledger in the data directory of the settings.
 *
 * @throws NodeError VERIFICATION_FAILED naming the first fault, or what opening the ledger throws
 */
export async function verifyLedger(
  options: VerifyLedgerOptions,
  ports: CommandPorts
): Promise<void> {
  const { config } = await readSettings(options, ports)
  const { genesis } = await readGenesis(options.genesis ?? config.genesis, config.networkId)
  const paths = dataPaths(config.dataDirectory)
  const marker = await readMarker(paths.marker)
  if (marker === undefined)
    throw new NodeError('DATA_DIRECTORY_MISSING', `${paths.marker}: no data directory is here`)
  const lock = await takeLock(paths.lock)
  try {
    const { uuid, networkId, schemaVersion } = marker
    const identity = { uuid, networkId, schemaVersion }
    const database = await openDatabase(
      { path: paths.ledger, identity, create: false },
      { onWriteFailure: () => undefined }
    )
    try {
      const progress = progressOn(ports)
      const isDeep = options.deep === true
      const audit = await auditLedger(database, genesis, {
        isDeep,
        faultsMax: 1,
        onProgress: progress.show
      })
      progress.end()
      report(audit, { path: paths.ledger, options, ports })
    } finally {
      await database.close()
    }
  } finally {
    await lock.release()
  }
}

function report(
  audit: LedgerAudit,
  {
    path,
    options,
    ports
  }: {
    readonly path: string
    readonly options: VerifyLedgerOptions
    readonly ports: CommandPorts
  }
): void {
  const { heights, blocks, transactions, values, isReplayed, faults } = audit
  const [fault] = faults
  const output = createOutput(options, ports)
  const facts = { heights, blocks, transactions, values, isReplayed }
  if (fault !== undefined) {
    if (output.isJson)
      output.answer({ json: { holds: false, fault: fault.what, ...facts }, lines: () => [] })
    throw new NodeError('VERIFICATION_FAILED', `${path}: ${fault.what}`)
  }
  output.answer({
    json: { holds: true, ...facts },
    lines: (paint) => [`${paint.green('✔')} ${sentenceOf(audit, options.deep === true)}`]
  })
}

function sentenceOf(
  { heights, transactions, values, isReplayed }: LedgerAudit,
  isDeep: boolean
): string {
  if (heights === null) return 'The ledger has not begun: there is nothing to check.'
  const { from, to } = heights
  const what = `The ledger holds: blocks ${from} to ${to} with ${count(transactions, 'transaction')}, each block final by the members' signatures, and the ${count(values, 'value')} of its state`
  if (isReplayed) return `${what}; executed anew, every block gave the same.`
  if (isDeep) return `${what}; it begins above genesis, so nothing was executed anew.`
  return `${what}.`
}

/** How far it has come, on one line that people see change. */
function progressOn({ stderr, environment }: CommandPorts): {
  readonly show: (height: number, of: number) => void
  readonly end: () => void
} {
  if (!isColoured(stderr, environment)) return { show: () => undefined, end: () => undefined }
  return {
    show: (height, of) => {
      if (height % PROGRESS_BLOCKS === 0) stderr.write(`\r\x1b[2Kblock ${height} of ${of}`)
    },
    end: () => void stderr.write('\r\x1b[2K')
  }
}
