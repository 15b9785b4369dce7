/**
 * The room's only door: what devices, makers, owners and phones run.
 *
 * @module
 */

export {
  decodeSenmlCbor,
  decodeSenmlJson,
  encodeSenmlCbor,
  encodeSenmlJson,
  type ResolvedRecord,
  resolveSenml,
  type SenmlRecord,
  senmlContent
} from '../protocol/index.ts'
export { openUnderPassphrase, sealUnderPassphrase } from './age-file.ts'
export {
  type BirthPlace,
  type BirthTree,
  createBirth,
  createBirthTree,
  type DeviceBirth
} from './births.ts'
export { type BirthRecord, type Box, decodeBox, encodeBox } from './box.ts'
export {
  anchorOf,
  type CheckedOutcome,
  type CheckedRead,
  checkAcceptedReceipt,
  checkRead,
  checkReceipt,
  trustedFor
} from './checks.ts'
export {
  type CommandOptions,
  type OpenedCommand,
  openReply,
  REPLY_CONTENT_KIND,
  type Reply,
  type ReplyFault,
  type SentCommand,
  signCommand
} from './command.ts'
export {
  COMMAND_INTERRUPTED,
  CommandReceiver,
  type CommandResult,
  type FollowedCommand,
  type ReceiverPorts
} from './command-receiver.ts'
export {
  type CredentialAsked,
  type CredentialFault,
  type CredentialOptions,
  drawHolderJwk,
  issueCredential,
  judgeCredential,
  presentCredential,
  statusIndexOf
} from './credential.ts'
export {
  createDevice,
  Device,
  type DeviceOptions,
  type DevicePorts,
  openDevice
} from './device.ts'
export type { AdoptFault, BeginFault, SettleFault } from './device-faults.ts'
export {
  type DeviceSecrets,
  drawDeviceSecrets,
  drawPrivateKey,
  encryptionKeyOf
} from './device-keys.ts'
export { ClientError, type ClientErrorCode } from './errors.ts'
export {
  createGuardians,
  decodeGuardianShare,
  draftGuardianAct,
  encodeGuardianShare,
  finishGuardianAct,
  type GuardianDraft,
  type GuardianOrder,
  type GuardianShare,
  guardianHashOf,
  isKeyOfShare,
  signGuardianAct
} from './guardian.ts'
export { createHttpClient, type HttpClientOptions } from './http-client.ts'
export {
  createStatusList,
  encodeIssuerSheet,
  type IssuerFault,
  type IssuerSheet,
  infoHashOf,
  proveIssuerSheet,
  revokeIn,
  type StatusPart,
  statusPartOf
} from './issuer-sheet.ts'
export { isJsonObject, type JsonObject, type JsonValue } from './json-web-signature.ts'
export {
  type Checkpoint,
  checkFollowing,
  type EpochFault,
  type FollowFault,
  followNode,
  LedgerFollower,
  type TrustedNetwork,
  trustCheckpoint,
  trustGenesis
} from './ledger-follower.ts'
export { NEAREST_NODES_MAX, NearestNodes, type NearestNodesPorts } from './nearest-nodes.ts'
export type { NodeOrder } from './node-order.ts'
export type {
  Anchor,
  CorrectContent,
  DeviceContent,
  HeldContent,
  OutboxState,
  Settled,
  UnconfirmedMessage
} from './outbox.ts'
export { type ClaimDraft, type ClaimOptions, draftClaim, finishClaim, ownerKeyOf } from './owner.ts'
export {
  controllersOrder,
  grantOrder,
  type OwnerOrder,
  type OwnerOrderKind
} from './owner-acts.ts'
export {
  type DeviceRefusal,
  type PresentDevice,
  signDeviceRotation,
  signOwnerPresence
} from './owner-device.ts'
export {
  checkOwnerProof,
  drawOwnerChallenge,
  judgeOwnerProof,
  OWNER_PROOF_DEVICES_MAX,
  type OwnedPlace,
  type OwnerChallenge,
  type OwnerProof,
  type OwnerProofFault,
  readOwnerProof,
  type SignOwnerProofFault,
  signOwnerProof
} from './owner-proof.ts'
export {
  findRecoveryKey,
  localRotationSigner,
  planRekeying,
  planReveal,
  type RotationFault,
  type RotationSigner,
  recoveryHashesOf,
  recoveryKeyOf
} from './owner-rotation.ts'
export {
  type DeviceFacts,
  type ProofFault,
  type ProvedRecord,
  proveDevice,
  proveRecord,
  type StandingPorts
} from './owner-standing.ts'
export type { AcceptOptions, ComingKeys } from './owner-transfer.ts'
export { type PresenceFault, signPresence } from './presence.ts'
export { isPresetName, PRESET_NAMES, type PresetName, presetOverlay } from './presets.ts'
export { type RandomBytes, systemRandomBytes } from './random.ts'
export type { RecordStorage } from './record-storage.ts'
export {
  type ProvedRefounding,
  proveRefounding,
  type RefoundingProofFault
} from './refounding.ts'
export {
  createRoamingClient,
  type Roaming,
  type RoamingOptions,
  type RoamingPorts
} from './roaming.ts'
export type { OutboxLimits, SayFault } from './saying.ts'
export type { DataKey } from './sealed-data.ts'
export type { ReaderTerm } from './sealed-grant.ts'
export {
  createSeedSigner,
  type SharingOrder,
  type SignOwnerAct,
  signControllersSet,
  signGrant
} from './sealed-owner.ts'
export {
  drawReader,
  type OpenedMessage,
  type OpenMessageFault,
  type ReaderKeys,
  SealedReader
} from './sealed-reader.ts'
export { deviceDataKey, type GrantRecords } from './sealed-records.ts'
export type { SignedTransaction } from './signed-transaction.ts'
export type {
  CommandDelivery,
  CommandPlace,
  NodeReport,
  Stage,
  StatusReport,
  SubmissionReport,
  Transport
} from './transport.ts'
export {
  createVendor,
  signBirthBatch,
  signClassDefine,
  signVendorSet,
  type Vendor,
  type VendorAct
} from './vendor.ts'
export {
  type AskPresence,
  type BeginOwningFault,
  createWallet,
  importWallet,
  openWallet,
  Wallet,
  type WalletPorts,
  type WalletSeeds
} from './wallet.ts'
export type { ActFault } from './wallet-signing.ts'
export {
  type Observation,
  type ObserveFault,
  type OwnedDevice,
  type ProvedOwnership,
  RECOVERY_HASHES_MAX,
  type SignedOwnerAct,
  type WalletState
} from './wallet-state.ts'
export { exportWalletFile, readWalletFile } from './wallet-storage.ts'
export {
  drawWords,
  readWords,
  recoverySeedOf,
  WORDS_COUNT,
  walletSeedOf
} from './wallet-words.ts'
