/**
 * The registry: the state file of a testnet, from which its next run and other programs read which
 * nodes there are, where they listen and which processes they are.
 *
 * @module
 */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { NodeError } from '../../node/errors.ts'
import { registryPath } from '../home.ts'
import { REGION_NAMES, type RegionName } from '../regions/latencies.ts'
import { REGION_SETS, type RegionSet } from '../regions/region-set.ts'

/** The format of the file; another number is of another version of this program. */
export const REGISTRY_FORMAT = 1

/** A node of a testnet, running or not. */
export interface RegisteredNode {
  /** For people: `Stockholm 2`. */
  readonly name: string
  /** For flags and folders: `stockholm-2`. */
  readonly slug: string
  readonly index: number
  readonly region: RegionName
  /** What it was founded as; a newcomer joined later, and has a seat when the members say so. */
  readonly role: 'member' | 'observer' | 'newcomer'
  readonly dataFolder: string
  readonly ports: NodePorts
  /** The process while it runs. */
  readonly pid: number | null
}

/** Where a node listens on 127.0.0.1. */
export interface NodePorts {
  readonly peer: number
  readonly http: number
  readonly mqtt: number
  readonly metrics: number
}

/** All of a testnet that outlives a command. */
export interface Registry {
  readonly format: typeof REGISTRY_FORMAT
  readonly regionSet: RegionSet
  /** The process that holds the testnet together, while it runs. */
  readonly supervisorPid: number | null
  readonly nodes: readonly RegisteredNode[]
  /** The ports of the link relays, in the order of the link plan. */
  readonly relayPorts: readonly number[]
}

const pidShape = z.int().min(2).nullable()
const portShape = z.int().min(1).max(65_535)
const registryShape = z.strictObject({
  format: z.literal(REGISTRY_FORMAT),
  regionSet: z.enum(REGION_SETS),
  supervisorPid: pidShape,
  nodes: z.array(
    z.strictObject({
      name: z.string().min(1),
      slug: z.string().regex(/^[a-z0-9-]+$/),
      index: z.int().min(0),
      region: z.enum(REGION_NAMES),
      role: z.enum(['member', 'observer', 'newcomer']),
      dataFolder: z.string().min(1),
      ports: z.strictObject({
        peer: portShape,
        http: portShape,
        mqtt: portShape,
        metrics: portShape
      }),
      pid: pidShape
    })
  ),
  relayPorts: z.array(portShape)
})

/**
 * Reads the state file.
 *
 * @returns undefined when there is none yet
 * @throws {@link NodeError} CONFIGURATION_WRONG when it is not what this program writes
 */
export function readRegistry(home: string): Registry | undefined {
  const path = registryPath(home)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw registryWrong(`cannot read ${path}`, cause)
  }
  return parseRegistry(path, text)
}

/**
 * Replaces the state file in one step: a reader sees the old one or the new one.
 *
 * @throws {@link NodeError} DISK_WRITE_FAILED
 */
export function writeRegistry(home: string, registry: Registry): void {
  const path = registryPath(home)
  // One name for all drafts: one that a crash left behind is written over.
  const draft = `${path}.draft`
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 })
    // Not synced: after a power cut the testnet is down, and the worst is a run with fresh ports.
    writeFileSync(draft, `${JSON.stringify(registry, null, 2)}\n`, { mode: 0o600 })
    renameSync(draft, path)
  } catch (cause) {
    throw notWritten(path, cause)
  }
}

function parseRegistry(path: string, text: string): Registry {
  const cure = 'mend it, or begin anew with --fresh'
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw registryWrong(`${path} is not JSON: ${cure}`, cause)
  }
  const parsed = registryShape.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = `${path}: ${issue?.path.join('.') ?? ''}`
  throw registryWrong(`${where} ${issue?.message ?? 'is wrong'}: ${cure}`, parsed.error)
}

function registryWrong(message: string, cause: unknown): NodeError {
  return new NodeError('CONFIGURATION_WRONG', message, { cause })
}

function notWritten(path: string, cause: unknown): NodeError {
  return new NodeError('DISK_WRITE_FAILED', `cannot write ${path}`, { cause })
}
