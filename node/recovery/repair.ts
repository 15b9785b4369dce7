/**
 * Repair: what can be done about a damaged data directory, and the doing of it.
 *
 * Nothing is ever deleted: what is damaged is moved aside under a name that says
 * so. The ledger comes back from peers. What a key has signed does not come back
 * from anywhere, so a key without its vote log never votes again.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { invariant } from '../../protocol/index.ts'
import { writeFailure } from '../storage/disk-errors.ts'
import { syncFolder } from '../storage/durable-file.ts'
import { type NodeMarker, writeMarker } from '../storage/node-marker.ts'
import { openDatabase } from '../storage/open-database.ts'
import { openVoteLog } from '../storage/vote-log.ts'
import type { PartFinding, Survey } from './survey.ts'

/** One thing that `--apply` does. */
export interface RepairStep {
  readonly kind: 'move-aside' | 'make-marker' | 'make-ledger' | 'make-lost-vote-log'
  readonly path: string
  /** Where what lies there goes, when it is moved aside. */
  readonly to?: string
  readonly what: string
}

/** What follows from a survey. */
export interface RepairPlan {
  readonly steps: readonly RepairStep[]
  /** What no step can mend, in words for the operator. */
  readonly beyond: readonly string[]
}

const QUIET = { onWriteFailure: (): void => undefined }

/** How a repair is planned. */
export interface RepairOptions {
  /** The wall's time: it becomes part of the names of what is moved aside. */
  readonly timeMs: number
  /** Whether to begin a new ledger also where a running node might mend this one. */
  readonly isLedgerFresh?: boolean
}

/** Says what to do about what was found. */
export function planRepair(
  survey: Survey,
  { timeMs, isLedgerFresh = false }: RepairOptions
): RepairPlan {
  const { paths, parts, marker } = survey
  const steps: RepairStep[] = []
  const beyond: string[] = []
  const needs = (part: PartFinding['part']): boolean =>
    parts.some((one) => one.part === part && ['damaged', 'missing'].includes(one.condition))
  const clear = (path: string): void => {
    if (existsSync(path)) steps.push(asideStep(path, timeMs))
  }
  if (needs('keys'))
    beyond.push(
      `${paths.keys}: keys cannot be made again; put back your copy of them, or have the node admitted anew with new keys`
    )
  if (marker === undefined)
    return {
      steps,
      beyond: [
        ...beyond,
        `${paths.marker}: nobody can say whose this directory is; make a new one with init, with the keys of this one`
      ]
    }
  if (needs('ledger') || isLedgerFresh) {
    clear(paths.ledger)
    const what = 'make a new, empty ledger; at the next start the node fetches it from its peers'
    steps.push({ kind: 'make-ledger', path: paths.ledger, what })
  }
  if (needs('sign')) {
    clear(paths.sign)
    const what =
      'make a vote log that says the last one was lost: the node runs, and never votes again'
    steps.push({ kind: 'make-lost-vote-log', path: paths.sign, what })
  }
  if (needs('node.json')) {
    clear(paths.marker)
    const what = 'write again whose directory this is, as both databases and the key say'
    steps.push({ kind: 'make-marker', path: paths.marker, what })
  }
  return { steps, beyond }
}

/**
 * Does what was planned, step by step, each durable before the next.
 *
 * Whatever ends it half-way, the next plan goes on from there.
 *
 * @throws NodeError DISK_FULL or DISK_WRITE_FAILED
 */
export async function applyRepair(plan: RepairPlan, marker: NodeMarker | undefined): Promise<void> {
  invariant(marker !== undefined || plan.steps.length === 0, 'steps are planned for a known node')
  for (const step of plan.steps) await applyStep(step, marker as NodeMarker)
}

async function applyStep(step: RepairStep, marker: NodeMarker): Promise<void> {
  const { path } = step
  const { uuid, networkId, schemaVersion } = marker
  const identity = { uuid, networkId, schemaVersion }
  switch (step.kind) {
    case 'move-aside':
      return await moveAside(path, step.to as string)
    case 'make-marker':
      return await writeMarker(path, marker)
    case 'make-ledger': {
      const ledger = await openDatabase({ path, identity, create: true }, QUIET)
      return await ledger.close()
    }
    case 'make-lost-vote-log': {
      const voteLog = await openVoteLog({ path, identity, create: true, isLost: true }, QUIET)
      return await voteLog.close()
    }
  }
}

async function moveAside(path: string, to: string): Promise<void> {
  try {
    await rename(path, to)
  } catch (error) {
    throw writeFailure(path, error)
  }
  await syncFolder(dirname(path))
}

function asideStep(path: string, timeMs: number): RepairStep {
  const time = new Date(timeMs).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const name = `${path}.damaged-${time}`
  let to = name
  for (let number = 2; existsSync(to); number++) to = `${name}-${number}`
  return { kind: 'move-aside', path, to, what: `move it aside to ${to}` }
}
