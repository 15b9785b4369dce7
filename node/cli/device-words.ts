/**
 * Devices in words: how one stands, and what the codes of acts and wallets mean to an owner.
 *
 * @module
 */

import type { DeviceFacts } from '../../client/index.ts'
import {
  BRANCHES,
  DEVICE_STATUS,
  ownershipAt,
  type Quarantine,
  toHex
} from '../../protocol/index.ts'
import { count, describeSpan } from './output.ts'

const CODES: Readonly<Record<string, string>> = {
  DEVICE_UNKNOWN: 'the ledger has no such device',
  DEVICE_ENDED: 'the device has ended for good',
  DEVICE_STOPPED: 'the device is lost, quarantined or to show that it is clean: not now',
  DEVICE_LOST: 'the device is marked lost already',
  DEVICE_NOT_LOST: 'the device is not marked lost',
  OWNER_SEQUENCE_USED:
    'another act with this number counted: another copy of the wallet, or a sale',
  OWNER_KEY_WRONG:
    'the ledger waits for the key of somebody else: the device is not yours any more',
  OWNER_SEQUENCE_AHEAD: 'an act before it is still missing',
  QUOTA_EMPTY: 'the budget of this device is used up for now: try again in a few minutes',
  OFFER_OPEN: 'an offer is open already: cancel it first',
  OFFER_NONE: 'there is no such open offer',
  OFFER_TIME_WRONG: 'the offer would end in the past, or later than offers may',
  TRANSFER_FROZEN: 'hand-over is frozen for a while, after two acts under one owner key',
  TRANSFER_TOO_EARLY: 'its guardians have time to object: try again after their delay',
  QUARANTINE_NOT_LIFTABLE: 'it is quarantined for proof, which a recovery alone ends',
  ROTATION_KEYS_WRONG: 'the rotation keys are not those that the ledger lists',
  ROTATION_KEYS_REUSED: 'a rotation key that was shown may not be listed again',
  INCARNATION_WRONG: 'the device has a newer incarnation already',
  EVIDENCE_UNKNOWN: 'the device is not quarantined for this evidence',
  BRANCH_UNKNOWN: 'there is no second branch',
  DISPUTE_WRONG: 'what is disputed is not on the branch that is not chosen',
  ALERT_NONE: 'no alert of this rule stands',
  RECOVERY_NONE: 'no recovery by guardians is under way that could be cancelled',
  PROFILE_EMPTY: 'the profile would leave the device no suite or no region',
  CLASS_VERSION_WRONG: 'the class has no such version, or the device has a newer one',
  AUTHORITY_UNKNOWN: 'this maker is no authority of the class',
  GUARDIANS_WRONG: 'as many guardians, or such a delay, are not allowed here',
  GUARDIANS_NONE: 'the device has no guardians',
  GUARDIANS_TOO_FEW: 'too few guardians have signed',
  GUARDIAN_UNKNOWN: 'a guardian is not one of this device: its guardians have changed',
  GUARDIAN_SEQUENCE_USED: 'the guardians have acted meanwhile: try again',
  GUARDIAN_ACT_NONE: 'there is nothing to cancel, or the device is marked lost already',
  CONTROLLER_UNKNOWN: 'its owner lets no such key command it, or not any more',
  COMMAND_SEQUENCE_USED: 'a later command of this key has counted: send it anew',
  COMMAND_EXPIRED: 'its time was up before it counted',
  INCARNATION_OLD: 'the device has got new keys meanwhile: send it anew',
  SIGNATURE_INVALID: 'a signature does not stand: is this the device, and the genesis?',
  BIRTH_BATCH_CLOSED: 'the birth batch is unknown, over or revoked',
  LEAF_USED: 'the device is claimed already',
  LEAF_WRONG: 'the box does not prove that the device was born in that batch',
  BOX_KEY_WRONG: 'this is not the box of the device',
  // What a wallet says.
  OWNER_OTHER: 'the device is not, or no longer, owned by this wallet',
  OWNERSHIP_PENDING: 'its claim or acceptance has not counted yet: try again',
  LEDGER_STALE: 'the node answers with an old state: try again in a minute, or ask another node',
  DEVICE_NOT_OWNED: 'the device is none of this wallet',
  DEVICE_OWNED_ALREADY: 'the device is in this wallet already',
  WALLET_FULL: 'the wallet holds as many devices as it may',
  WALLET_WAITS:
    'the wallet was restored or is used elsewhere: it signs nothing for this device for ten minutes after',
  CHAIN_FULL: 'eight acts are in flight for this device: wait until some are final',
  ROTATION_UNSIGNED: 'the device, or whoever holds a rotation key, did not sign',
  ROTATION_KEYS_TOO_FEW:
    'too few rotation keys are at hand: name the device with --device, or the recovery phrase with --recovery-file',
  ROTATION_KEYS_TOO_MANY: 'the device would list more than four rotation keys',
  PRESENCE_REFUSED: 'the device did not give its presence: it is another one, or holds other keys',
  OWNER_PROOF_DEVICES_WRONG: 'name each device once, and sixteen at most',
  OWNER_CHALLENGE_WRONG: 'a challenge has 16 to 64 bytes, a verifier a name of at most 128 letters',
  OFFER_OTHER: 'no offer is open, or it is made to somebody else'
}

const QUARANTINE_WORDS: readonly string[] = [
  'for no reason that this program knows',
  'because two messages were signed under one key: it was cloned, or its key copied',
  'because its owner keys ordered two different changes of keys',
  'because it went back to older firmware',
  'on the suspicion of members',
  'by its owner'
]

/** What a code means to an owner. */
export function explainOwnerCode(code: string): string {
  return CODES[code] ?? 'refused'
}

/** How a device stands, a sentence each, the most urgent first. */
export function standingSentences(facts: DeviceFacts): readonly string[] {
  const { device, timeMs } = facts
  const { suspectUntilMs, rival, incarnation, sequence } = device
  const sentences = [statusSentence(facts)]
  if (device.lost === 1)
    sentences.push('It is marked lost: what it says waits, and nobody can buy or command it.')
  if (rival !== null)
    sentences.push(
      `It is contested: a second branch speaks in its name, at sequence ${rival.sequence}. A recovery says which one is true.`
    )
  if (suspectUntilMs > timeMs)
    sentences.push(`Members suspect it for another ${describeSpan(suspectUntilMs - timeMs)}.`)
  sentences.push(
    `Incarnation ${incarnation}, ${count(sequence, 'message')} in it${device.lastTimeMs === 0 ? '' : `, the last at ${at(device.lastTimeMs)}`}.`
  )
  return [...sentences, ...ownershipSentences(facts), ...sharingSentences(facts)]
}

function statusSentence({ device, isRevoked, timeMs }: DeviceFacts): string {
  if (isRevoked) return 'Its birth was revoked by the members: it has ended for good.'
  const { status, quarantine, remediation } = device
  if (status === DEVICE_STATUS.retired) return 'It is retired, for good.'
  if (status === DEVICE_STATUS.quarantined && !isQuarantineOver(quarantine, timeMs))
    return quarantineSentence(quarantine)
  if (status !== DEVICE_STATUS.remediating) return 'It is active: what it says counts.'
  if (remediation?.attested === 1) return 'It has shown that it is clean: a rotate makes it active.'
  const by = remediation === null ? '' : `, by ${at(remediation.deadlineMs)}`
  return `It is to show that it is clean${by}; till then only that counts.`
}

/** Whether a quarantine has ended by itself; the ledger's record tells so only when next touched. */
export function isQuarantineOver(quarantine: Quarantine | null, timeMs: number): boolean {
  return quarantine !== null && quarantine.untilMs !== 0 && quarantine.untilMs <= timeMs
}

function quarantineSentence(quarantine: Quarantine | null): string {
  const untilMs = quarantine?.untilMs ?? 0
  const until = untilMs === 0 ? '' : ` until ${at(untilMs)}`
  const why = QUARANTINE_WORDS[quarantine?.reason ?? 0] ?? QUARANTINE_WORDS[0]
  return `It is quarantined${until}, ${why}: nothing it says counts.`
}

function ownershipSentences({ ownership: stored, timeMs }: DeviceFacts): readonly string[] {
  const ownership = ownershipAt(stored, timeMs)
  const { openOffer, guardians, pendingGuardians, pendingOwner } = ownership
  const sentences: string[] = []
  if (openOffer !== null)
    sentences.push(`It is offered to one buyer until ${at(openOffer.notAfterMs)}.`)
  if (ownership.transferFrozenUntilMs > timeMs)
    sentences.push(`Nobody can buy it before ${at(ownership.transferFrozenUntilMs)}.`)
  if (guardians !== null)
    sentences.push(
      `${guardians.threshold} of ${count(guardians.count, 'guardian')} can act, after ${describeSpan(guardians.delayMs)}.`
    )
  if (pendingGuardians !== null)
    sentences.push(`Its guardians change at ${at(pendingGuardians.readyAtMs)}.`)
  if (pendingOwner !== null)
    sentences.push(
      pendingOwner.readyAtMs <= timeMs
        ? 'Its guardians have given it another owner.'
        : `Its guardians give it another owner at ${at(pendingOwner.readyAtMs)}${pendingOwner.unanimous === 1 ? ', unanimously' : ', unless the owner cancels'}.`
    )
  const { rotationThreshold, rotationKeyHashes } = ownership
  sentences.push(
    `New keys take its owner and ${rotationThreshold} of ${count(rotationKeyHashes.length, 'rotation key')}; ${count(ownership.ownerSequence, 'act')} of owners so far.`
  )
  return sentences
}

function sharingSentences(facts: DeviceFacts): readonly string[] {
  const { controllers, readers, alerts, ownership } = facts
  const sentences: string[] = []
  if (controllers.length > 0) sentences.push(`${count(controllers.length, 'key')} may command it.`)
  if (readers !== null && readers.readers.length > 0)
    sentences.push(`${count(readers.readers.length, 'reader')} can open what it seals.`)
  if (alerts !== null && alerts.entries.length > 0)
    sentences.push(
      `Alerts by ${count(new Set(alerts.entries.map(({ rule }) => rule)).size, 'rule')} stand: thingmoot device quarantine --acknowledge <rule>.`
    )
  if (ownership.overlay !== null) sentences.push('Its owner has tightened its profile.')
  return sentences
}

/** The name of a device in a sentence. */
export function shortDevice(deviceId: Uint8Array): string {
  return toHex(deviceId).slice(0, 8)
}

/** The number of a branch that a person names. */
export function branchOf(name: string): number | undefined {
  return name === 'ledger' || name === 'rival' ? BRANCHES[name] : undefined
}

/** A moment as people and programs read it. */
export function at(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
