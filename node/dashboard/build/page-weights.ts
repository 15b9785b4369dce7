/**
 * What the pages weigh on the wire, and what they may.
 *
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { publicFolder } from '../public-folder.ts'

/** Everything but the verifier: half a second over a slow mobile network. */
export const PAGES_MAX_BYTES = 90_000
/** The verifier, loaded when somebody asks for a check: 15 kB are curves and hashes, 7 kB CBOR. */
export const VERIFIER_MAX_BYTES = 34_000

/** One file as it goes over the wire. */
export interface PageWeight {
  /** Counted from the folder that is served. */
  readonly path: string
  readonly gzipBytes: number
  readonly isVerifier: boolean
}

/** Every file that is served, compressed. */
export function weighPages(root: string): readonly PageWeight[] {
  const folder = publicFolder(root)
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = relative(folder, join(entry.parentPath, entry.name))
      const { length: gzipBytes } = gzipSync(readFileSync(join(folder, path)))
      return { path, gzipBytes, isVerifier: path.includes('verifier-') }
    })
}

/** The sum of some weights. */
export function sumOf(weights: readonly PageWeight[]): number {
  return weights.reduce((sum, { gzipBytes }) => sum + gzipBytes, 0)
}

/** One line for people. */
export function describeWeights(weights: readonly PageWeight[]): string {
  const verifier = sumOf(weights.filter(({ isVerifier }) => isVerifier))
  const shown = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`
  const pages = sumOf(weights) - verifier
  return `dashboard and phone page: ${shown(pages)} gzip, and ${shown(verifier)} more when a proof is checked`
}
