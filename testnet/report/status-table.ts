/**
 * The table of `testnet status`.
 *
 * @module
 */

import { z } from 'zod'

/** One node in the answer to `status`. */
export interface StatusRow {
  readonly name: string
  readonly role: string
  readonly region: string
  /** What its process does, and where that runs, what its ledger does. */
  readonly state: string
  readonly height: number | null
  readonly peers: number | null
  readonly url: string
  readonly sentence: string
}

/** Reads the rows out of the answer on the control socket. */
export const statusShape: z.ZodType<{ readonly nodes: readonly StatusRow[] }> = z.looseObject({
  nodes: z.array(
    z.object({
      name: z.string(),
      role: z.string(),
      region: z.string(),
      state: z.string(),
      height: z.number().nullable(),
      peers: z.number().nullable(),
      url: z.string(),
      sentence: z.string()
    })
  )
})

/** The lines of the table. */
export function statusTable(nodes: readonly StatusRow[]): readonly string[] {
  const cells = nodes.map(({ name, role, region, state, height, peers, url, sentence }) => [
    name,
    role,
    region,
    state,
    String(height ?? '-'),
    String(peers ?? '-'),
    url,
    sentence
  ])
  const head = ['NODE', 'ROLE', 'REGION', 'STATE', 'HEIGHT', 'PEERS', 'URL', '']
  const all = [head, ...cells]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  )
}
