/**
 * The kinds that are about one device: what it says, what its owner and others do with it, and what
 * proves that somebody else does.
 *
 * @see SPEC.md §3.4 Kinds
 * @module
 */

import type { Priority } from '../types.ts'
import { ALERT_ACK_KIND, type AlertAck, readAlertAck } from './alert-ack.ts'
import { CLAIM_KIND, type Claim, readClaim } from './claim.ts'
import { COMMAND_KIND, type Command, readCommand } from './command.ts'
import { contentPriority } from './content.ts'
import { CONTROLLERS_SET_KIND, type ControllersSet, readControllersSet } from './controllers-set.ts'
import { DEVICE_FORK_KIND, type DeviceFork, readDeviceFork } from './device-fork.ts'
import { DEVICE_MESSAGE_KIND, type DeviceMessage, readDeviceMessage } from './device-message.ts'
import {
  FIRMWARE_CONSENT_KIND,
  type FirmwareConsent,
  readFirmwareConsent
} from './firmware-consent.ts'
import { GRANT_KIND, type Grant, readGrant } from './grant.ts'
import {
  GUARDIAN_ACT_KIND,
  GUARDIAN_ACTS,
  type GuardianAct,
  readGuardianAct
} from './guardian-act.ts'
import { GUARDIANS_SET_KIND, type GuardiansSet, readGuardiansSet } from './guardians-set.ts'
import { KEY_EXPOSED_KIND, type KeyExposed, readKeyExposed } from './key-exposed.ts'
import { KEY_MISUSE_KIND, type KeyMisuse, readKeyMisuse } from './key-misuse.ts'
import { defineEvidence, defineKind, type KindDefinition, type Signer } from './kind-definition.ts'
import type { OwnerPrefix } from './owner-act.ts'
import { OWNER_FORK_KIND, type OwnerFork, readOwnerFork } from './owner-fork.ts'
import {
  type Found,
  type Lost,
  PLAIN_OWNER_KINDS,
  type PlainOwnerKind,
  type RecoveryCancel,
  readPlainOwnerAct,
  type TransferCancel
} from './plain-owner-act.ts'
import { PROFILE_SET_KIND, type ProfileSet, readProfileSet } from './profile-set.ts'
import { type OwnerQuarantine, QUARANTINE_KIND, readQuarantine } from './quarantine.ts'
import { RECOVER_KIND, type Recover, readRecover } from './recover.ts'
import type { RevealedKey } from './rekeying.ts'
import { REMEDIATE_KIND, type Remediate, readRemediate } from './remediate.ts'
import { RETIRE_KIND, type Retire, readRetire } from './retire.ts'
import { ROTATE_KIND, type Rotate, readRotate } from './rotate.ts'
import { readTransferAccept, TRANSFER_ACCEPT_KIND, type TransferAccept } from './transfer-accept.ts'
import { readTransferOffer, TRANSFER_OFFER_KIND, type TransferOffer } from './transfer-offer.ts'

/** What an owner does, by its one-time key. */
export type OwnerAct =
  | Grant
  | ControllersSet
  | ProfileSet
  | GuardiansSet
  | TransferOffer
  | TransferCancel
  | Lost
  | Found
  | OwnerQuarantine
  | Rotate
  | Recover
  | Retire
  | AlertAck
  | RecoveryCancel
  | Remediate
  | FirmwareConsent

/** What is about one device. */
export type DeviceBody =
  | DeviceMessage
  | OwnerAct
  | Claim
  | TransferAccept
  | GuardianAct
  | Command
  | DeviceFork
  | KeyMisuse
  | OwnerFork
  | KeyExposed

const deviceMessage: KindDefinition<DeviceMessage> = {
  ...defineKind<DeviceMessage>({
    number: DEVICE_MESSAGE_KIND,
    name: 'device-message',
    hasAttachment: true,
    read: readDeviceMessage,
    signers: ({ signingKey }) => [{ role: 'device', key: signingKey }]
  }),
  priority: ({ contentKind }) => contentPriority(contentKind)
}

const claim = defineKind<Claim>({
  number: CLAIM_KIND,
  name: 'claim',
  isIntroduction: true,
  read: readClaim,
  priority: 1,
  signers: ({ boxKey, inception }) => [
    { role: 'box', key: boxKey },
    { role: 'presence', key: inception.attestationKey }
  ],
  registeredKeys: ({ inception }) => [inception.attestationKey]
})

const transferAccept = defineKind<TransferAccept>({
  number: TRANSFER_ACCEPT_KIND,
  name: 'transfer-accept',
  isIntroduction: true,
  read: readTransferAccept,
  priority: 1,
  signers: ({ buyerKey }) => [
    { role: 'buyer', key: buyerKey },
    { role: 'presence', key: null }
  ]
})

const guardianAct = defineKind<GuardianAct>({
  number: GUARDIAN_ACT_KIND,
  name: 'guardian-act',
  isIntroduction: true,
  read: readGuardianAct,
  signers: ({ guardians, act }) => [
    ...guardians.map(({ key }): Signer => ({ role: 'guardian', key })),
    ...(act === GUARDIAN_ACTS.replaceOwner ? [{ role: 'presence', key: null } as const] : [])
  ]
})

const command = defineKind<Command>({
  number: COMMAND_KIND,
  name: 'command',
  read: readCommand,
  priority: 1,
  signers: ({ controllerKey }) => [{ role: 'controller', key: controllerKey }]
})

const keyExposed: KindDefinition<KeyExposed> = {
  ...defineEvidence<KeyExposed>({
    number: KEY_EXPOSED_KIND,
    name: 'key-exposed',
    read: readKeyExposed
  }),
  signers: ({ key }) => [{ role: 'exposed', key }]
}

/** The kinds of acts of owners. */
export const OWNER_ACTS = [
  ownerKind<Grant>(GRANT_KIND, 'grant', { read: readGrant }),
  {
    ...ownerKind<ControllersSet>(CONTROLLERS_SET_KIND, 'controllers-set', {
      read: readControllersSet
    }),
    registeredKeys: ({ controllers }: ControllersSet) =>
      controllers.map(({ controllerKey }) => controllerKey)
  },
  ownerKind<ProfileSet>(PROFILE_SET_KIND, 'profile-set', { read: readProfileSet }),
  ownerKind<GuardiansSet>(GUARDIANS_SET_KIND, 'guardians-set', { read: readGuardiansSet }),
  ownerKind<TransferOffer>(TRANSFER_OFFER_KIND, 'transfer-offer', { read: readTransferOffer }),
  plainKind<TransferCancel>('transfer-cancel', 1),
  plainKind<Lost>('lost', 1),
  plainKind<Found>('found', 1),
  ownerKind<OwnerQuarantine>(QUARANTINE_KIND, 'quarantine', { read: readQuarantine }),
  rekeyingKind<Rotate>(ROTATE_KIND, 'rotate', { read: readRotate, priority: 0 }),
  rekeyingKind<Recover>(RECOVER_KIND, 'recover', { read: readRecover, priority: 0 }),
  rekeyingKind<Retire>(RETIRE_KIND, 'retire', { read: readRetire }),
  ownerKind<AlertAck>(ALERT_ACK_KIND, 'alert-ack', { read: readAlertAck }),
  plainKind<RecoveryCancel>('recovery-cancel', 0),
  ownerKind<Remediate>(REMEDIATE_KIND, 'remediate', { read: readRemediate }),
  ownerKind<FirmwareConsent>(FIRMWARE_CONSENT_KIND, 'firmware-consent', {
    read: readFirmwareConsent
  })
] as unknown as readonly KindDefinition<OwnerAct>[]

/** All kinds that are about one device. */
export const DEVICE_KINDS = [
  deviceMessage,
  ...OWNER_ACTS,
  claim,
  transferAccept,
  guardianAct,
  command,
  defineEvidence<DeviceFork>({
    number: DEVICE_FORK_KIND,
    name: 'device-fork',
    read: readDeviceFork
  }),
  defineEvidence<KeyMisuse>({ number: KEY_MISUSE_KIND, name: 'key-misuse', read: readKeyMisuse }),
  defineEvidence<OwnerFork>({ number: OWNER_FORK_KIND, name: 'owner-fork', read: readOwnerFork }),
  keyExposed
] as unknown as readonly KindDefinition<DeviceBody>[]

/** An act that an owner's one-time key signs. */
function ownerKind<B extends OwnerPrefix & { readonly kind: string }>(
  number: number,
  name: B['kind'],
  { read, priority = 1 }: Pick<KindDefinition<B>, 'read'> & { readonly priority?: Priority }
): KindDefinition<B> {
  const signers = ({ ownerKey }: B): readonly Signer[] => [{ role: 'owner', key: ownerKey }]
  return defineKind<B>({ number, name, read, priority, signers })
}

function plainKind<B extends OwnerPrefix & { readonly kind: PlainOwnerKind }>(
  name: B['kind'],
  priority: Priority
): KindDefinition<B> {
  const read = readPlainOwnerAct(name) as unknown as KindDefinition<B>['read']
  return ownerKind<B>(PLAIN_OWNER_KINDS[name], name, { read, priority })
}

/** One that rotation keys sign too, in the order in which they are shown. */
function rekeyingKind<
  B extends OwnerPrefix & { readonly kind: string; readonly revealed: readonly RevealedKey[] }
>(
  number: number,
  name: B['kind'],
  how: Pick<KindDefinition<B>, 'read'> & { readonly priority?: Priority }
): KindDefinition<B> {
  return {
    ...ownerKind<B>(number, name, how),
    signers: ({ ownerKey, revealed }) => [
      { role: 'owner', key: ownerKey },
      ...revealed.map(({ key }): Signer => ({ role: 'rotation', key }))
    ]
  }
}
