/**
 * The room's only door: the words and rules of the ledger that other rooms may use.
 *
 * @module
 */

export {
  type Batch,
  type BatchHeader,
  batchIdOf,
  batchSigningBytes,
  decodeBatch,
  decodeBatchHeader,
  encodeBatch,
  encodeBatchHeader,
  isBatchSigned,
  peekBatchHeader
} from './blocks/batch.ts'
export {
  type BatchReference,
  BLOCK_FORMAT,
  type Block,
  type BlockFault,
  type BlockHeader,
  batchListRoot,
  blockIdOf,
  createBatchReference,
  createBlock,
  decodeBlock,
  decodeBlockHeader,
  encodeBlock,
  encodeBlockHeader,
  judgeBlock,
  laneBytesMax
} from './blocks/block.ts'
export { type CborValue, decodeCbor, encodeCbor } from './codec/cbor.ts'
export {
  bytes,
  bytesBetween,
  key,
  list,
  nullable,
  type Shape,
  type ShapeOf,
  text,
  tuple,
  uint
} from './codec/shape.ts'
export {
  type Certificate,
  type CertificateFault,
  createCertificate,
  decodeCertificate,
  encodeCertificate,
  judgeCertificate
} from './consensus/certificate.ts'
export { step } from './consensus/core.ts'
export type { CoreOptions, CoreState, Pace } from './consensus/core-state.ts'
export type { AlarmCode, Effect, Recipients } from './consensus/effect.ts'
export type { Event, HeldBatch, News, TimerName } from './consensus/event.ts'
export {
  decodeMemberMessage,
  encodeCertificateMessage,
  encodeProposalMessage,
  encodeStatusMessage,
  encodeVoteMessage,
  JUSTIFICATION_MAX,
  type MemberMessage,
  type Proposal,
  type Status
} from './consensus/message.ts'
export { greetMember, openCore, receiveStatus, startTurn } from './consensus/start.ts'
export {
  encodeVote,
  isSameVote,
  isVoteGenuine,
  type SignedVote,
  type Subject,
  VOTE_KINDS,
  type Vote,
  type VoteKind
} from './consensus/vote.ts'
export {
  algorithmOf,
  type CoseSignature,
  coseFromFields,
  coseToFields,
  encodeSigStructure,
  verifyCose
} from './crypto/cose.ts'
export {
  contentHash,
  createTaggedHash,
  keyHash,
  networkTagOf,
  type TaggedHash
} from './crypto/hash.ts'
export { isKeyStrong, SUITE_ED25519, SUITE_ES256, suiteOf, verifySignature } from './crypto/key.ts'
export {
  createListTree,
  isInList,
  type ListTree,
  listLeafHash,
  listPath,
  listRoot,
  listRootOfLeaves
} from './crypto/merkle.ts'
export { createPrivateKey, type PrivateKey, publicKeyOf, signBytes } from './crypto/signing.ts'
export {
  ascii,
  compareBytes,
  concatBytes,
  equalBytes,
  fromHex,
  toHex,
  uint64
} from './foundation/bytes.ts'
export { InvariantError, invariant } from './foundation/invariant.ts'
export {
  BATCH_ENCODED_MAX_BYTES,
  BATCH_SIZE_MAX_BYTES,
  BATCH_TRANSACTIONS_MAX,
  BIRTHS_MAX,
  BLOCK_BATCHES_MAX,
  CERTIFICATE_SIZE_MAX_BYTES,
  CONTENT_SIZE_MAX_BYTES,
  EVIDENCE_SIZE_MAX_BYTES,
  MEMBERS_MAX,
  PROPOSAL_INLINE_MAX_BYTES,
  PROTOCOL_VERSION,
  RATE_PER_HOUR_MAX,
  TRANSACTION_SIZE_MAX_BYTES,
  UNFINALISED_MAX,
  VIEWS_AHEAD_MAX,
  WEIGHT_TOTAL_MAX
} from './foundation/limits.ts'
export { accept, acceptAs, reject, type Verdict } from './foundation/verdict.ts'
export { type Bucket, type BucketLimits, fullBucket, payBucket } from './ledger/bucket.ts'
export {
  canSpeak,
  effectiveProfile,
  ownerKeyHashAt,
  ownershipAt,
  readLivingDevice
} from './ledger/devices/device-standing.ts'
export {
  type BlockExecution,
  beginBlockExecution,
  type ExecutableBatch,
  type ExecutedBlock,
  executeBlock,
  forecastTransaction
} from './ledger/execute-block.ts'
export { firstBlockOf } from './ledger/first-block.ts'
export {
  encodeGenesis,
  type Genesis,
  type GenesisMember,
  genesisBlock,
  genesisElectorate,
  genesisHashOf,
  genesisView,
  networkTagOfGenesis,
  type VendorGrant
} from './ledger/genesis.ts'
export { awakeMsAt, type BlockMoment } from './ledger/governance/awake-time.ts'
export type { MotionFault } from './ledger/governance/draft-epoch.ts'
export { electorateInForce, electorateOfEpoch } from './ledger/governance/electorate-in-force.ts'
export {
  type ForecastFault,
  forecastMotion,
  type MotionForecast
} from './ledger/governance/forecast.ts'
export { lapseTimeMs } from './ledger/governance/motion-book.ts'
export { type NextEpoch, nextEpochOf } from './ledger/governance/next-epoch.ts'
export { yesNeeded } from './ledger/governance/thresholds.ts'
export {
  certifiersOf,
  isTrusted,
  readGovernance,
  seatedWeight,
  yesWeight
} from './ledger/governance/trust.ts'
export { judgeTrustChain } from './ledger/governance/trust-chain.ts'
export {
  type CommittedLedger,
  commitVersion,
  type LedgerVersion,
  openCommittedLedger,
  versionOfBlock,
  versionOfState
} from './ledger/ledger-version.ts'
export {
  type ChangedValue,
  LedgerBase,
  type LedgerReader,
  LedgerView,
  type LedgerWriter,
  type ReadValue
} from './ledger/ledger-view.ts'
export {
  applied,
  duplicate,
  encodeReceiptLeaf,
  isCounting,
  OUTCOMES,
  type Outcome,
  type OutcomeName,
  refused,
  voided,
  waits
} from './ledger/outcome.ts'
export {
  PARAMETER_ORDERINGS,
  PARAMETERS,
  type ParameterDefinition,
  type ParameterName,
  type Parameters,
  RATE_MAX_UNITS_PER_HOUR
} from './ledger/parameters.ts'
export { type AlertsRecord, alerts } from './ledger/records/alert-record.ts'
export {
  BIRTH_BATCH_STATUS,
  type BirthBatchRecord,
  birthBatches
} from './ledger/records/birth-batch-record.ts'
export {
  NETWORK_KEY,
  type NetworkRecord,
  networkTable,
  type RecentBlock,
  recentBlockKey,
  recentBlocks
} from './ledger/records/chain-record.ts'
export {
  type ClassHead,
  type ClassVersion,
  classHeads,
  classVersionKey,
  classVersions
} from './ledger/records/class-record.ts'
export { type Controller, controllers } from './ledger/records/controller-record.ts'
export {
  DEVICE_STATUS,
  type DeviceRecord,
  devices,
  type FirmwareState,
  type Quarantine,
  type Remediation,
  type Rival
} from './ledger/records/device-record.ts'
export { type DisputeRecord, disputeKey, disputes } from './ledger/records/dispute-record.ts'
export {
  type ElectorateRecord,
  electorates,
  epochKey,
  type GovernanceRecord,
  governanceTable,
  SINGLE_KEY,
  tombstones,
  voteKeys
} from './ledger/records/governance-record.ts'
export { MEMBER_STATUS, type MemberRecord, members } from './ledger/records/member-record.ts'
export {
  type ApplicationRecord,
  applications,
  type BallotRecord,
  MOTION_STATUS,
  type MotionRecord,
  motions
} from './ledger/records/motion-record.ts'
export { type Offer, type OwnershipRecord, ownerships } from './ledger/records/ownership-record.ts'
export { type ReadersRecord, readers } from './ledger/records/reader-record.ts'
export { type VendorRecord, vendors } from './ledger/records/vendor-record.ts'
export { ALERT_RULES_MAX, ALERT_RULES_VERSION } from './ledger/rules/alert-rule.ts'
export { classLimits, deviceMessageRule } from './ledger/rules/device-message-rule.ts'
export { stateKey, stateValueHash, type Table } from './ledger/table.ts'
export { findTable, TABLES } from './ledger/tables.ts'
export {
  type ConsensusParameters,
  createElectorate,
  decodeElectorate,
  type Electorate,
  faultWeightOf,
  quorumWeightOf,
  type Seat
} from './membership/electorate.ts'
export { type GuardFault, judgeStep, type Roster } from './membership/guards.ts'
export {
  decodeJoinBundle,
  encodeJoinBundle,
  JOIN_BUNDLE_MAX_BYTES,
  type JoinBundle,
  type JoinBundleFault,
  judgeJoinBundle
} from './membership/join-bundle.ts'
export { leaderOrder } from './membership/leaders.ts'
export { type Outlook, outlookOf } from './membership/outlook.ts'
export {
  ACCEPTED_RECEIPT_FORMAT,
  type AcceptedReceipt,
  type AcceptedReceiptFault,
  decodeAcceptedReceipt,
  encodeAcceptedReceipt,
  judgeAcceptedReceipt
} from './proofs/accepted-receipt.ts'
export {
  type FinalHeader,
  type FinalityFault,
  type FinalityProof,
  judgeFinality
} from './proofs/finality-proof.ts'
export {
  decodeReadProof,
  encodeReadProof,
  judgeRead,
  READ_FORMAT,
  type ReadFault,
  type ReadProof
} from './proofs/read-proof.ts'
export {
  decodeReceiptProof,
  encodeReceiptProof,
  judgeReceipt,
  RECEIPT_FORMAT,
  type ReceiptFault,
  type ReceiptProof
} from './proofs/receipt-proof.ts'
export {
  decodeSealProof,
  decodeSealProofs,
  encodeSealProof,
  encodeSealProofs,
  followSeals,
  judgeSeal,
  SEALS_MAX,
  type SealFault,
  type SealProof,
  type SealsFollowed,
  sealProofFromFields,
  sealProofToFields
} from './proofs/seal-proof.ts'
export {
  CLOSING_SIZE_MAX_BYTES,
  type Closing,
  type ClosingFault,
  type ClosingStatement,
  closingAad,
  decodeClosing,
  encodeClosing,
  encodeClosingStatement,
  judgeClosing
} from './refounding/closing.ts'
export { type RefoundedFrom, refoundedPlace } from './refounding/refounded.ts'
export {
  createRefoundedGenesis,
  type JudgedRefounding,
  judgeRefoundedGenesis,
  type RefoundedGenesisFault,
  type RefoundingStateFault
} from './refounding/refounded-genesis.ts'
export {
  type ClosedNetwork,
  planRefounding,
  type RefoundingFault,
  type RefoundingPlan,
  type RefoundingWarning,
  sortClosings
} from './refounding/refounding.ts'
export { decodeSenmlCbor, encodeSenmlCbor, senmlContent } from './senml/senml-cbor.ts'
export {
  decodeSenmlJson,
  encodeSenmlJson,
  type SenmlJsonRecord,
  senmlJsonRecords
} from './senml/senml-json.ts'
export { SENML_FIELDS, type SenmlLabel, type SenmlRecord } from './senml/senml-record.ts'
export { packResolved, type ResolvedRecord, resolveSenml } from './senml/senml-resolution.ts'
export {
  decodeManifest,
  encodeManifest,
  judgeManifest,
  type ManifestFault,
  type SnapshotManifest,
  snapshotIdOf,
  type ValueChunk
} from './snapshots/manifest.ts'
export {
  decodeValueChunk,
  encodeValueChunk,
  type StateRecord,
  VALUE_CHUNK_BYTES,
  ValueChunker
} from './snapshots/value-chunk.ts'
export { deriveVersion, type StateChange } from './state-tree/derive-version.ts'
export {
  loadStateTree,
  type StateLeavesFault,
  StateTreeLoader,
  type StateTreeLoading
} from './state-tree/load-state-tree.ts'
export {
  judgeStateProof,
  type StateProof,
  type StateProofFault,
  type StateProofFields,
  type StateProofReading,
  type StateProofVerdict
} from './state-tree/state-proof.ts'
export { createStateTree, type StateLeaf, type StateTree } from './state-tree/state-tree.ts'
export { RUN_LEAVES, rootOfRuns, runCount, runRoot } from './state-tree/subtree.ts'
export { checkKey, type TreeVersion } from './state-tree/version.ts'
export { ALERT_KIND, type Alert, encodeAlert } from './transactions/alert.ts'
export { ALERT_ACK_KIND, type AlertAck, encodeAlertAck } from './transactions/alert-ack.ts'
export { BALLOT_CHOICES, BALLOT_KIND, type Ballot, encodeBallot } from './transactions/ballot.ts'
export { BIRTH_BATCH_KIND, type BirthBatch, encodeBirthBatch } from './transactions/birth-batch.ts'
export { BIRTH_REVOKE_KIND, encodeBirthRevoke } from './transactions/birth-revoke.ts'
export { CLAIM_KIND, type Claim, encodeClaim } from './transactions/claim.ts'
export {
  CLASS_DEFINE_KIND,
  type ClassDefine,
  classIdOf,
  encodeClassDefine
} from './transactions/class-define.ts'
export {
  COMMAND_KIND,
  COMMAND_SEALED_MAX_BYTES,
  type Command,
  commandContext,
  encodeCommand
} from './transactions/command.ts'
export { CONTENT_KINDS, type ContentKind, contentPriority } from './transactions/content.ts'
export {
  CONTROLLERS_MAX,
  CONTROLLERS_SET_KIND,
  type ControllerTerm,
  encodeControllersSet
} from './transactions/controllers-set.ts'
export { DEVICE_FORK_KIND, type DeviceFork, encodeDeviceFork } from './transactions/device-fork.ts'
export type { DeviceBody, OwnerAct } from './transactions/device-kinds.ts'
export {
  DEVICE_MESSAGE_KIND,
  type DeviceMessage,
  type DeviceMessageEnvelope,
  encodeDeviceMessage,
  readDeviceMessageEnvelope
} from './transactions/device-message.ts'
export { STATELESS_FAULTS, type StatelessFault } from './transactions/fault.ts'
export { encodeFirmwareConsent, FIRMWARE_CONSENT_KIND } from './transactions/firmware-consent.ts'
export {
  encodeGrant,
  GRANT_KIND,
  type Grant,
  type KeyWrap,
  READERS_MAX,
  type ReaderWrap
} from './transactions/grant.ts'
export {
  encodeGuardianAct,
  GUARDIAN_ACT_KIND,
  GUARDIAN_ACTS,
  type GuardianAct,
  type ShownGuardian
} from './transactions/guardian-act.ts'
export { GUARDIANS_MAX, type Guardians } from './transactions/guardians.ts'
export { encodeGuardiansSet, GUARDIANS_SET_KIND } from './transactions/guardians-set.ts'
export {
  decodeInception,
  deviceIdOf,
  encodeInception,
  type Inception
} from './transactions/inception.ts'
export type { Inclusion } from './transactions/inclusion.ts'
export { encodeKeyExposed, KEY_EXPOSED_KIND } from './transactions/key-exposed.ts'
export { encodeKeyMisuse, KEY_MISUSE_KIND, type KeyMisuse } from './transactions/key-misuse.ts'
export type { Signer } from './transactions/kind-definition.ts'
export {
  type Body,
  type KindDefinition,
  type KindName,
  kindByName,
  kindByNumber,
  kindOf,
  priorityOf
} from './transactions/kinds.ts'
export { MEMBER_PROOFS_MAX, type MemberPrefix } from './transactions/member-act.ts'
export {
  encodeMemberApply,
  MEMBER_APPLY_KIND,
  type MemberApply
} from './transactions/member-apply.ts'
export {
  encodeMemberEvidence,
  MEMBER_EVIDENCE_KIND,
  MEMBER_OFFENCES,
  type MemberEvidence
} from './transactions/member-evidence.ts'
export {
  encodeMemberLeave,
  MEMBER_LEAVE_KIND,
  type MemberLeave
} from './transactions/member-leave.ts'
export {
  encodeMemberReady,
  MEMBER_READY_KIND,
  type MemberReady
} from './transactions/member-ready.ts'
export {
  encodeMemberRenew,
  MEMBER_RENEW_KIND,
  type MemberRenew
} from './transactions/member-renew.ts'
export {
  encodeMotion,
  type MemberWeight,
  MOTION_TYPES,
  type Motion,
  type MotionType,
  readMotion,
  type TrustSubject,
  type VendorTerms
} from './transactions/motion.ts'
export { encodeMotionOpen, MOTION_OPEN_KIND, type MotionOpen } from './transactions/motion-open.ts'
export {
  encodeMotionWithdraw,
  MOTION_WITHDRAW_KIND,
  type MotionWithdraw
} from './transactions/motion-withdraw.ts'
export type { OwnerPrefix } from './transactions/owner-act.ts'
export { encodeOwnerFork, OWNER_FORK_KIND, type OwnerFork } from './transactions/owner-fork.ts'
export {
  encodePlainOwnerAct,
  PLAIN_OWNER_KINDS,
  type PlainOwnerKind
} from './transactions/plain-owner-act.ts'
export {
  type Profile,
  type ProfileOverlay,
  RATCHET_NEVER,
  readProfile,
  tightenProfile
} from './transactions/profile.ts'
export { encodeProfileSet, PROFILE_SET_KIND } from './transactions/profile-set.ts'
export { encodeQuarantine, QUARANTINE_KIND } from './transactions/quarantine.ts'
export {
  BRANCHES,
  encodeRecover,
  RECOVER_KIND,
  RECOVERY_REASONS,
  type Recover
} from './transactions/recover.ts'
export { type Rekeying, type RevealedKey, ROTATION_KEYS_MAX } from './transactions/rekeying.ts'
export { encodeRemediate, REMEDIATE_KIND } from './transactions/remediate.ts'
export { encodeRetire, RETIRE_KIND } from './transactions/retire.ts'
export { ROLES, type Role } from './transactions/role.ts'
export { encodeRotate, ROTATE_KIND, type Rotate } from './transactions/rotate.ts'
export {
  decodeTransaction,
  encodeTransaction,
  isSignedBy,
  judgeSignatures,
  judgeTransaction,
  reopenTransaction,
  type Transaction,
  transactionCost,
  transactionIdOf,
  transactionLeaf,
  transactionPriority,
  transactionSigningBytes
} from './transactions/transaction.ts'
export {
  encodeTransferAccept,
  TRANSFER_ACCEPT_KIND,
  type TransferAccept
} from './transactions/transfer-accept.ts'
export { encodeTransferOffer, TRANSFER_OFFER_KIND } from './transactions/transfer-offer.ts'
export {
  type PlainTrustModel,
  plainTrustPolicy,
  TRUST_MODELS,
  type TrustPolicy,
  type TrustRoot
} from './transactions/trust-policy.ts'
export { VENDOR_KEYS_MAX, type VendorPrefix } from './transactions/vendor-act.ts'
export {
  encodeVendorSet,
  VENDOR_SET_KIND,
  type VendorSet,
  vendorIdOf,
  vendorKeysHash
} from './transactions/vendor-set.ts'
export type {
  BatchId,
  BlockId,
  Epoch,
  FaultModel,
  Height,
  MemberIndex,
  Priority,
  TrustModel,
  View
} from './types.ts'
export {
  createDidDocument,
  type DeviceDid,
  type DidDocument,
  type DidRecords,
  didOf,
  type ResolvedDid,
  readDid,
  toMultibase
} from './views/did-document.ts'
export {
  createThingDescription,
  type SaidRecord,
  type SaidValue,
  saidValue,
  saidValues,
  type ThingDescription,
  type ThingRecords,
  type ThingSurfaces
} from './views/thing-description.ts'
