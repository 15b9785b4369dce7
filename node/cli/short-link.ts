/**
 * Short join links: what binds a network in as few bytes as a code on a screen can hold.
 *
 * `thingmoot:join?network=<id>&genesis=<hash>[&seal=<epoch>.<block id>]&at=<url>[&call=<multiaddr>…]`,
 * in this order. `seal` names the sealing block that began the latest epoch, and is left out in that
 * of genesis. The rest is fetched from the node at `at`, whose word counts for as much as these two
 * hashes bear out. `call` are addresses to call first, beside those that the members have.
 *
 * @module
 */

import { peerAddressFault } from '../../config/index.ts'

/** What a short link says; hashes are lower-case hexadecimal. */
export interface ShortLink {
  readonly networkId: string
  readonly genesisHash: string
  /** The seal that began an epoch; null in the epoch of genesis. */
  readonly seal: { readonly epoch: number; readonly blockId: string } | null
  /** Where a node answers over HTTP. */
  readonly at: string
  /** Multiaddrs with peer ids. */
  readonly call: readonly string[]
}

const SCHEME = 'thingmoot:join?'
const NAMES = ['network', 'genesis', 'seal', 'at', 'call']
const LINK_MAX_CHARACTERS = 4_096
const HASH_PATTERN = /^[0-9a-f]{64}$/
const NETWORK_PATTERN = /^[a-z0-9-]{1,32}$/
const SEAL_PATTERN = /^([1-9][0-9]{0,14})\.([0-9a-f]{64})$/

/** Whether a text means to be a short link. */
export function isShortLink(text: string): boolean {
  return text.startsWith(`${SCHEME}network=`)
}

/** Whether a text is the address of a node as a link can name it. */
export function isNodeAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((one) => one === '')
}

/** The text of a link. */
export function formatShortLink({ networkId, genesisHash, seal, at, call }: ShortLink): string {
  const fields: readonly (readonly [string, string])[] = [
    ['network', networkId],
    ['genesis', genesisHash],
    ...(seal === null ? [] : [['seal', `${seal.epoch}.${seal.blockId}`] as const]),
    ['at', at],
    ...call.map((address) => ['call', address] as const)
  ]
  return SCHEME + fields.map(([name, value]) => `${name}=${escapeValue(value)}`).join('&')
}

/** Reads a link from anybody; undefined for what none is made like. */
export function parseShortLink(link: string): ShortLink | undefined {
  if (!isShortLink(link) || link.length > LINK_MAX_CHARACTERS) return undefined
  const query = new URLSearchParams(link.slice(SCHEME.length))
  const [networkId, genesisHash, sealText = null, at] = ['network', 'genesis', 'seal', 'at'].map(
    (name) => query.get(name) ?? undefined
  )
  const seal = sealText === null ? null : parseSeal(sealText)
  const call = query.getAll('call')
  if (networkId === undefined || genesisHash === undefined || at === undefined) return undefined
  if (seal === undefined || call.some((one) => peerAddressFault(one) !== undefined))
    return undefined
  const isGood =
    NETWORK_PATTERN.test(networkId) && HASH_PATTERN.test(genesisHash) && isNodeAddress(at)
  const isKnown = [...query.keys()].every((name) => NAMES.includes(name))
  const parsed = { networkId, genesisHash, seal, at, call }
  // Twice the same name, or another order, is not how a link is written.
  return isGood && isKnown && formatShortLink(parsed) === link ? parsed : undefined
}

function parseSeal(text: string): ShortLink['seal'] | undefined {
  const [, epoch, blockId] = SEAL_PATTERN.exec(text) ?? []
  return epoch === undefined || blockId === undefined
    ? undefined
    : { epoch: Number(epoch), blockId }
}

/** As in a query, but for the two characters of addresses that may stand there as they are. */
function escapeValue(value: string): string {
  return encodeURIComponent(value).replaceAll('%3A', ':').replaceAll('%2F', '/')
}
