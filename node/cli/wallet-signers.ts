/**
 * Rotation keys at hand: the device's own, where its folder is named, and the recovery phrase's.
 *
 * @module
 */

import {
  findRecoveryKey,
  localRotationSigner,
  type RotationSigner,
  recoverySeedOf
} from '../../client/index.ts'
import type { OwnershipRecord } from '../../protocol/index.ts'
import { usage } from './command.ts'
import { comingKeysOf, type DeviceBeside, rotationOf, withDeviceBeside } from './device-present.ts'
import type { OwnerDesk } from './wallet-desk.ts'
import { readWordsFile } from './wallet-phrase.ts'

/** Where rotation keys are. */
export interface SignerOptions {
  readonly device?: string
  readonly recoveryFile?: string
}

/** Gives the rotation keys at hand, those of the phrase as the device's record lists them. */
export type SignersAtHand = (ownership: OwnershipRecord) => readonly RotationSigner[]

/** Recovery keys that are looked through: as many as a wallet knows of, and some more. */
const RECOVERY_SEARCH_MAX = 2_048

/**
 * Opens whatever was named, for as long as the work takes.
 *
 * @throws NodeError USAGE_WRONG where nothing was named
 */
export async function gatherSigners<Result>(
  options: SignerOptions,
  desk: OwnerDesk,
  work: (signers: SignersAtHand) => Promise<Result>
): Promise<Result> {
  const { device, recoveryFile } = options
  if (device === undefined && recoveryFile === undefined)
    throw usage('this takes a rotation key: name --device <dir>, --recovery-file <file>, or both')
  const ofPhrase = await phraseSigners(recoveryFile, desk)
  if (device === undefined) return work(ofPhrase)
  return withDeviceBeside(device, desk.network, async (beside) => {
    const own = rotationOf(beside, null)
    return work((ownership) => [own, ...ofPhrase(ownership)])
  })
}

/**
 * The same for new keys: the device must be there, because only it can make them.
 *
 * @throws NodeError USAGE_WRONG
 */
export async function gatherForNewKeys<Result>(
  options: SignerOptions,
  desk: OwnerDesk,
  work: (beside: DeviceBeside, signers: SignersAtHand) => Promise<Result>
): Promise<Result> {
  const { device, recoveryFile } = options
  if (device === undefined)
    throw usage('new keys are made by the device itself: name its folder with --device <dir>')
  const ofPhrase = await phraseSigners(recoveryFile, desk)
  return withDeviceBeside(device, desk.network, async (beside) => {
    const own = rotationOf(beside, await comingKeysOf(beside))
    // Where the phrase is at hand it is used: the device's key may be the one that was copied.
    return work(beside, (ownership) => [...ofPhrase(ownership), own])
  })
}

async function phraseSigners(
  recoveryFile: string | undefined,
  { network }: OwnerDesk
): Promise<SignersAtHand> {
  if (recoveryFile === undefined) return () => []
  const seed = recoverySeedOf(await readWordsFile(recoveryFile))
  return (ownership) => {
    const key = findRecoveryKey(seed, ownership, RECOVERY_SEARCH_MAX)
    return key === undefined ? [] : [localRotationSigner(key, network.networkTag)]
  }
}
