/**
 * Opening a join bundle: from a file, a link that holds it, or a link by which it is fetched.
 *
 * @module
 */

import { type GenesisDocument, parseGenesis } from '../../config/index.ts'
import {
  decodeJoinBundle,
  genesisElectorate,
  genesisHashOf,
  type JoinBundle,
  judgeJoinBundle,
  networkTagOfGenesis
} from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { bundleFromLink, isBundleLink } from './bundle-link.ts'
import { fetchBundle } from './fetch-bundle.ts'
import { readNamedFile } from './files.ts'
import { isShortLink, parseShortLink } from './short-link.ts'

/** A bundle with the genesis in it. */
export interface OpenBundle {
  readonly bundle: JoinBundle
  readonly genesis: GenesisDocument
}

/**
 * Opens a bundle from anybody: it must hold together, and its genesis be the one that it names.
 *
 * @throws NodeError VERIFICATION_FAILED when it does not
 */
export async function openBundle(source: string): Promise<OpenBundle> {
  const name = isBundleLink(source) ? 'the link' : source
  const bundle = await readBundle(source)
  if (bundle === undefined) throw new NodeError('VERIFICATION_FAILED', `${name}: is no join bundle`)
  const genesis = parseGenesis(bundle.genesisDocument, `${name}, its genesis`)
  const judged = judgeJoinBundle(bundle, {
    networkId: genesis.networkId,
    genesisHash: genesisHashOf(genesis),
    networkTag: networkTagOfGenesis(genesis),
    electorate: genesisElectorate(genesis)
  })
  if (!judged.ok)
    throw new NodeError('VERIFICATION_FAILED', `${name}: does not hold together (${judged.fault})`)
  return { bundle, genesis }
}

async function readBundle(source: string): Promise<JoinBundle | undefined> {
  if (isShortLink(source)) {
    const link = parseShortLink(source)
    return link && (await fetchBundle(link))
  }
  const encoded = isBundleLink(source) ? bundleFromLink(source) : await readNamedFile(source)
  return encoded && decodeJoinBundle(encoded)
}
