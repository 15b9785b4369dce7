/**
 * The judge of strays: what the ledger and other strays say about one.
 *
 * Keys are compared before any signature is checked: what a key of the ledger
 * cannot have signed is put aside for the price of a look.
 *
 * @module
 */

import {
  type DeviceRecord,
  devices,
  equalBytes,
  keyHash,
  type LedgerVersion,
  type OwnerAct,
  ownerKeyHashAt,
  ownershipAt,
  ownerships
} from '../../protocol/index.ts'
import type { Archive, ArchivedTransaction } from '../service/archive.ts'
import { readIfWhole } from '../storage/damaged-record.ts'
import type { CountedChains, Counterpart } from './counted-chain.ts'
import { inclusionOf, isRemembered } from './inclusion.ts'
import { areRivals, forkOf, forkOfPair, misuseOf, ownerForkOf, type Proof } from './proof.ts'
import {
  isAct,
  isMessage,
  type Stray,
  type StrayAct,
  type StrayMessage,
  sequenceOf
} from './stray.ts'

/** What a stray is, as far as can be told now. */
export type StrayVerdict =
  /** On the ledger, or of a device or time that is over. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'proof'; readonly proof: Proof }
  /** It contradicts what counts, which can be shown from the next block on. */
  | { readonly kind: 'soon' }
  /** It contradicts what the ledger holds and can prove no more. */
  | { readonly kind: 'too-old' }
  /** Signed by the key whose turn it is, if its signature is genuine: it contradicts whatever counts. */
  | { readonly kind: 'likely' }
  /** Of a turn that the ledger has not come to. */
  | { readonly kind: 'early' }

/** What is needed to judge. */
export interface StrayJudgePorts {
  readonly tip: () => LedgerVersion
  readonly archive: Pick<Archive, 'find' | 'transactionsOf'>
  readonly chains: CountedChains
}

const NOTHING: StrayVerdict = { kind: 'nothing' }
/** The bit of a device's evidenceMask that says that a fork was counted. */
const FORK_BIT = 1

/** The device of a message, while anything more can be proved of it. */
export function accusable({ body }: Stray, { view }: LedgerVersion): DeviceRecord | undefined {
  const device = view.read(devices, body.deviceId)
  if (device === undefined || body.kind !== 'device-message') return device
  const isOpen = (device.evidenceMask & FORK_BIT) === 0
  return isOpen && device.incarnation === body.incarnation ? device : undefined
}

/**
 * Judges a stray, its signature aside.
 *
 * @param others - strays of the same device that their keys are known to have signed, kept long enough
 * for one of them to have counted
 */
export async function judgeStray(
  stray: Stray,
  others: readonly Stray[],
  ports: StrayJudgePorts
): Promise<StrayVerdict> {
  const device = accusable(stray, ports.tip())
  if (device === undefined) return NOTHING
  if (isMessage(stray)) return await judgeMessage(stray, { device, others }, ports)
  return isAct(stray) ? judgeAct(stray, others, ports) : NOTHING
}

async function judgeMessage(
  stray: StrayMessage,
  { device, others }: { readonly device: DeviceRecord; readonly others: readonly Stray[] },
  { chains, archive, tip }: StrayJudgePorts
): Promise<StrayVerdict> {
  const counterpart = await chains.counterpartOf(stray, device)
  if (counterpart.kind === 'itself') return NOTHING
  const proved =
    counterpart.kind === 'none' ? undefined : prove(stray, counterpart, { device, archive, tip })
  if (proved !== undefined) return proved
  // A key whose turn it is can contradict only what is still to come.
  if (stray.body.sequence <= device.sequence) return NOTHING
  if (!equalBytes(keyHash(stray.body.signingKey), device.signingKeyHash)) return { kind: 'early' }
  const isNext = stray.body.sequence === device.sequence + 1
  const rival = isNext
    ? others.filter(isMessage).find((other) => areRivals(stray, other))
    : undefined
  return rival === undefined
    ? { kind: 'likely' }
    : { kind: 'proof', proof: forkOfPair(stray, rival) }
}

/** What a counted message proves against a stray; undefined for nothing. */
function prove(
  stray: StrayMessage,
  { kind, found }: Exclude<Counterpart, { readonly kind: 'itself' | 'none' }>,
  {
    device,
    archive,
    tip
  }: Pick<StrayJudgePorts, 'archive' | 'tip'> & { readonly device: DeviceRecord }
): StrayVerdict | undefined {
  const { transaction, stored } = found
  const { height } = stored.block.header
  const isHead = equalBytes(transaction.id, device.headMessageId)
  const isShown = isHead || isRemembered(height, tip().view)
  // With it the proof holds although the device may speak on before it is judged.
  const inclusion = isShown ? readIfWhole(() => inclusionOf(found, archive)) : null
  const make = kind === 'rival' ? forkOf : misuseOf
  const proof = make(transaction, stray, inclusion ?? null)
  if (proof === undefined) return undefined
  if (isHead || (inclusion ?? null) !== null) return { kind: 'proof', proof }
  // The ledger remembers a block from the next one on; and a damaged record is mended meanwhile.
  const isSoon = height >= tip().height || inclusion === undefined
  return { kind: isSoon ? 'soon' : 'too-old' }
}

/** Of owners' acts only the last one that counted can be held against another. */
function judgeAct(
  stray: StrayAct,
  others: readonly Stray[],
  { tip, archive }: StrayJudgePorts
): StrayVerdict {
  const { view, timeMs } = tip()
  const record = view.read(ownerships, stray.body.deviceId)
  if (record === undefined) return NOTHING
  const ownership = ownershipAt(record, timeMs)
  if (equalBytes(stray.id, ownership.ownerHeadId)) return NOTHING
  const counted = readIfWhole(() => archive.find(ownership.ownerHeadId))
  const head = counted === undefined ? undefined : countedAct(counted)
  if (head !== undefined && areRivals(head, stray))
    return { kind: 'proof', proof: ownerForkOf(head, stray) }
  const isOfTurn = equalBytes(keyHash(stray.body.ownerKey), ownerKeyHashAt(ownership, timeMs))
  if (sequenceOf(stray) <= ownership.ownerSequence) return NOTHING
  if (!isOfTurn) return { kind: 'early' }
  const isNext = sequenceOf(stray) === ownership.ownerSequence + 1
  const rival = isNext ? others.filter(isAct).find((other) => areRivals(stray, other)) : undefined
  if (rival === undefined) return { kind: 'likely' }
  const [first, second] = Buffer.compare(stray.id, rival.id) < 0 ? [stray, rival] : [rival, stray]
  return { kind: 'proof', proof: ownerForkOf(first, second) }
}

function countedAct({ transaction }: ArchivedTransaction): StrayAct | undefined {
  const { body, id, signedBody, signatures } = transaction
  const signature = signatures[0]?.signature
  if (signature === undefined || !('ownerSequence' in body)) return undefined
  // A transfer sets the sequence on too, but no owner key signs it.
  return { id, body: body as OwnerAct, signedBody, signature, content: new Uint8Array(0) }
}
