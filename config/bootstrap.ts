/**
 * The bootstrap file of a network: whom a node calls first.
 *
 * @module
 */

import type { z } from 'zod'
import { readJudged } from './judged-document.ts'
import { group, list, peerAddress, slug } from './shapes.ts'

/** Whom to call first, in which network. */
export interface BootstrapDocument {
  readonly networkId: string
  /** Multiaddrs with peer ids. */
  readonly addresses: readonly string[]
}

const FILE_MAX_CHARACTERS = 65_536
const ADDRESSES_MAX = 64

const bootstrapSchema: z.ZodType<BootstrapDocument> = group({
  networkId: slug(),
  addresses: list(peerAddress(), { min: 1, max: ADDRESSES_MAX })
})

/**
 * Reads a bootstrap file.
 *
 * @param text - JSON, from anybody
 * @param path - the name of the file in errors
 * @throws {@link ConfigError} `CONFIGURATION_WRONG`, one line for each fault
 */
export function parseBootstrap(text: string, path: string): BootstrapDocument {
  const { value } = readJudged(text, bootstrapSchema, {
    source: path,
    syntax: 'json',
    sizeMaxCharacters: FILE_MAX_CHARACTERS,
    code: 'CONFIGURATION_WRONG'
  })
  return value
}
