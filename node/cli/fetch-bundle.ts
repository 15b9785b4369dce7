/**
 * Join bundles from short links: fetched from the node that the link names, and held to its hashes.
 *
 * @module
 */

import * as z from 'zod'
import { type GenesisDocument, parseGenesis } from '../../config/index.ts'
import {
  blockIdOf,
  genesisElectorate,
  genesisHashOf,
  type JoinBundle,
  toHex
} from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { gatherBundle } from './gather-bundle.ts'
import { requestNode } from './node-request.ts'
import type { ShortLink } from './short-link.ts'

const DEADLINE_MS = 10_000

const answerShape = z.looseObject({ genesis: z.record(z.string(), z.unknown()) })

/**
 * Fetches what a link stands for.
 *
 * @throws NodeError VERIFICATION_FAILED when the node has another genesis or another seal;
 *   NODE_NOT_REACHED or REQUEST_FAILED when it has none
 */
export async function fetchBundle(link: ShortLink): Promise<JoinBundle> {
  const { at, seal, call } = link
  const genesis = await fetchGenesis(at)
  if (genesis.networkId !== link.networkId || toHex(genesisHashOf(genesis)) !== link.genesisHash)
    throw otherThanLink(at, 'its genesis')
  const epoch = seal?.epoch ?? genesisElectorate(genesis).epoch
  const bundle = await gatherBundle({ genesis, epoch, addresses: call, url: at })
  const sealId = bundle.seal === null ? null : toHex(blockIdOf(bundle.seal.headerBytes))
  if (sealId !== (seal?.blockId ?? null))
    throw otherThanLink(at, `the seal that began its epoch ${epoch}`)
  return bundle
}

async function fetchGenesis(at: string): Promise<GenesisDocument> {
  const answer = await requestNode(at, '/v1/genesis', { deadlineMs: DEADLINE_MS })
  const read = answerShape.safeParse(answer.json())
  if (!read.success) throw new NodeError('REQUEST_FAILED', `${at}: its genesis is not understood`)
  return parseGenesis(JSON.stringify(read.data.genesis), `${at}, its genesis`)
}

function otherThanLink(at: string, what: string): NodeError {
  return new NodeError(
    'VERIFICATION_FAILED',
    `${at}: ${what} is another than the link names; nothing was made. Ask for a fresh link, from somebody you trust`
  )
}
