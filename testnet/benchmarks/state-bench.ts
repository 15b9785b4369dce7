/**
 * The state of many devices: what each touched leaf costs, what the whole weighs, and how long it takes
 * to be there again after a restart.
 *
 * One process fills a database on the disk, another one opens it: so memory and restart are those of a
 * node that comes up.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import type { PhasePorts } from './bench-net.ts'
import { fixed, megabytes, section, times, whole } from './bench-text.ts'
import { type Benchmark, countOf, countsOf, ratiosOf, type Wish } from './benchmark.ts'
import { openStateDatabase, openStateLedger } from './state-ledger.ts'
import type { StateProbe } from './state-probe.ts'

/** One size of state. */
interface StateFigures extends StateProbe {
  readonly devices: number
  readonly fillSeconds: number
  readonly treeToHashes: number
  /** What the ledger holds in memory beyond an empty process. */
  readonly heldBytes: number | null
  readonly bytesPerLeaf: number | null
  readonly heldToTree: number | null
  readonly openToRead: number
}

const PROBE = fileURLToPath(new URL('./state-probe.js', import.meta.url))
const FILL_PER_BLOCK = 4_096
const PROBE_DEADLINE_MS = 1_800_000
/** A leaf of the tree, and the nodes above it: as many as there are leaves. */
const TREE_BYTES_PER_LEAF = 96 + 2 * 32
const NOTE_EVERY = 250_000

const run = promisify(execFile)
const maybeBytes = z.number().nullable()
const probeShape: z.ZodType<StateProbe> = z.object({
  leaves: z.number(),
  openMs: z.number(),
  readLeavesMs: z.number(),
  emptyBytes: maybeBytes,
  openBytes: maybeBytes,
  changedBytes: maybeBytes,
  recordsUs: z.number(),
  treeUs: z.number(),
  storeUs: z.number(),
  hashesUs: z.number(),
  touched: z.number()
})

/** Many devices. */
export const stateBenchmark: Benchmark = {
  name: 'state',
  about: 'cost of a touched leaf, memory and restart with many devices',
  flags: [
    {
      kind: 'counts',
      name: 'devices',
      about: 'in the state of one ledger after the other',
      fallback: [10_000, 100_000, 1_000_000],
      range: [1_000, 4_000_000]
    },
    {
      kind: 'count',
      name: 'blocks',
      about: 'measured of each',
      fallback: 100,
      range: [1, 100_000]
    },
    {
      kind: 'count',
      name: 'touches',
      about: 'devices that speak in a block',
      fallback: 500,
      range: [1, 100_000]
    }
  ],
  measure: async (wish, ports) => {
    const runs: StateFigures[] = []
    for (const devices of countsOf(wish, 'devices'))
      runs.push(await measureState(devices, wish, ports))
    return {
      valid: runs.every(({ leaves, devices }) => leaves > devices),
      disturbed: false,
      remarks: [],
      ratios: ratiosOf(
        Object.fromEntries(
          runs.flatMap(({ devices, treeToHashes, heldToTree, openToRead }) => {
            const size = `${whole(devices)} devices`
            return [
              [`tree ÷ its hashes, ${size}`, [treeToHashes, 'lower']] as const,
              [`memory ÷ the bare tree, ${size}`, [heldToTree, 'lower']] as const,
              [`restart ÷ reading the leaves, ${size}`, [openToRead, 'lower']] as const
            ]
          })
        )
      ),
      lines: runs.flatMap(linesOf),
      figures: { runs }
    }
  }
}

async function measureState(devices: number, wish: Wish, ports: PhasePorts): Promise<StateFigures> {
  const folder = mkdtempSync(join(wish.folder, '.bench-'))
  const forget = (): void => {
    if (!wish.isKept) rmSync(folder, { recursive: true, force: true })
  }
  ports.onOpened(async () => forget())
  try {
    const path = join(folder, 'ledger')
    ports.note(`state: filling a ledger with ${whole(devices)} devices`)
    const startMs = performance.now()
    await fill(path, devices, ports)
    const fillSeconds = (performance.now() - startMs) / 1_000
    ports.note('state: opening it in a process of its own')
    const sizes = [devices, countOf(wish, 'blocks'), countOf(wish, 'touches')].map(String)
    const args = ['--expose-gc', PROBE, path, ...sizes]
    const { stdout } = await run(process.execPath, args, { timeout: PROBE_DEADLINE_MS })
    return figuresOf(devices, fillSeconds, probeShape.parse(JSON.parse(stdout)))
  } finally {
    forget()
  }
}

async function fill(path: string, devices: number, { note }: PhasePorts): Promise<void> {
  const ledger = await openStateLedger(await openStateDatabase(path, true))
  for (let first = 0; first < devices; first += FILL_PER_BLOCK) {
    const count = Math.min(FILL_PER_BLOCK, devices - first)
    await ledger.addBlock(Array.from({ length: count }, (_, index) => first + index))
    if (first % NOTE_EVERY >= NOTE_EVERY - FILL_PER_BLOCK) note(`state: ${whole(first)} devices`)
  }
  await ledger.close()
}

function figuresOf(devices: number, fillSeconds: number, probe: StateProbe): StateFigures {
  const { treeUs, hashesUs, openMs, readLeavesMs, leaves, emptyBytes, changedBytes } = probe
  const heldBytes = emptyBytes === null || changedBytes === null ? null : changedBytes - emptyBytes
  return {
    ...probe,
    devices,
    fillSeconds,
    treeToHashes: treeUs / hashesUs,
    heldBytes,
    bytesPerLeaf: heldBytes === null ? null : heldBytes / leaves,
    heldToTree: heldBytes === null ? null : heldBytes / (TREE_BYTES_PER_LEAF * leaves),
    openToRead: openMs / readLeavesMs
  }
}

function linesOf(figures: StateFigures): readonly string[] {
  const { recordsUs, treeUs, storeUs, hashesUs, touched } = figures
  const { heldBytes, heldToTree, bytesPerLeaf, changedBytes, openMs, readLeavesMs } = figures
  const bytes = (value: number | null): string => (value === null ? '–' : megabytes(value))
  return section(
    `${whole(figures.devices)} devices, ${whole(figures.leaves)} leaves, filled in ${fixed(figures.fillSeconds, 1)} s`,
    [
      [
        'a touched leaf',
        `${fixed(treeUs, 2)} µs in the tree, ${times(figures.treeToHashes)} of its hashes of ${fixed(hashesUs, 2)} µs; over ${whole(touched)}`
      ],
      [
        'beside it',
        `${fixed(recordsUs, 1)} µs for the record, ${fixed(storeUs, 1)} µs to store it`
      ],
      [
        'memory',
        `${bytes(changedBytes)} resident, ${bytes(heldBytes)} of it the ledger: ${fixed(bytesPerLeaf, 0)} bytes a leaf, ${times(heldToTree)} of the bare tree`
      ],
      [
        'restart',
        `${fixed(openMs / 1_000, 2)} s, ${times(figures.openToRead)} of reading the leaves in ${fixed(readLeavesMs / 1_000, 2)} s`
      ]
    ]
  )
}
