/**
 * `thingmoot device new`: a device gets its keys, and goes the real way onto the ledger.
 *
 * Everything is stored before it is needed: the keys before the birth is
 * signed, the signed acts before the first is sent. Called again on the same
 * folder it goes on where it stopped.
 *
 * @module
 */

import type { Command } from 'commander'
import {
  type BirthRecord,
  createBirth,
  createBirthTree,
  createDevice,
  createHttpClient,
  type Device,
  draftClaim,
  finishClaim,
  openDevice,
  type SignedTransaction,
  signPresence,
  systemRandomBytes
} from '../../client/index.ts'
import { equalBytes, invariant, toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { addCommand, type CommandPorts, type CommonOptions, usage } from './command.ts'
import { packDevice } from './device-box.ts'
import { type BornDevice, bytesOf, type DeviceFolder, withDeviceFolder } from './device-folder.ts'
import { type Maker, openMaker } from './maker.ts'
import { type NetworkTrust, trustNetwork } from './network-trust.ts'
import { createValueReader } from './node-request.ts'
import { createOutput, table } from './output.ts'
import {
  CLASS_VERSION,
  REFERENCE_PROFILE,
  type RegistrationPorts,
  referenceClassOf,
  registerDevice,
  registerMaker,
  signBirths
} from './registration.ts'
import { absolute, addConfigOption, readGenesis, readSettings } from './settings.ts'

/** What a reference device is made from. */
export interface NewDevice {
  readonly folder: string
  readonly network: NetworkTrust
  readonly maker: Maker
  /** Without it the device only gets its keys. */
  readonly registration: RegistrationPorts | null
  /** Where its box is written; the device is born, and left to be claimed by a wallet. */
  readonly boxFile?: string
  /** 1 where a gateway holds its keys, and its class is to say so. */
  readonly custody?: 0 | 1
}

/** A device that was made. */
export interface CreatedDevice {
  readonly deviceId: string
  readonly networkId: string
  readonly isClaimed: boolean
}

interface NewOptions extends CommonOptions {
  readonly device: string
  readonly maker: string
  readonly genesis?: string
  readonly node?: string
  readonly box?: string
}

const ALGORITHM = 'Ed25519'
const RATCHET_EVERY = 1
const SEED_BYTES = 32

/** Adds `device new`. */
export function addDeviceNewCommand(group: Command, ports: CommandPorts): void {
  addConfigOption(addCommand(group, 'new', 'make a device, and with --node register and claim it'))
    .requiredOption('--device <dir>', 'folder to make for the device')
    .requiredOption('--maker <dir>', 'folder of the maker that gives birth to it')
    .option('--genesis <file>', 'genesis of the network (default: as in the settings)')
    .option('--node <url>', 'node to hand its birth and claim to')
    .option('--box <file>', 'with --node: do not claim it, write its box for whoever will')
    .action((options: NewOptions) => makeDevice(options, ports))
}

/**
 * Makes a device in a folder, or goes on with one that is not claimed yet.
 *
 * @throws NodeError or ClientError
 */
export function createReferenceDevice(options: NewDevice): Promise<CreatedDevice> {
  return withDeviceFolder(options.folder, (folder) => bringUpDevice(folder, options))
}

/**
 * Makes a device in a folder that is open, or goes on with one that is not claimed yet.
 *
 * @throws NodeError or ClientError
 */
export async function bringUpDevice(
  folder: DeviceFolder,
  options: Omit<NewDevice, 'folder'>
): Promise<CreatedDevice> {
  const { network, maker, registration, custody = 0 } = options
  const born = (await folder.readBorn()) ?? (await giveBirth(folder, network, maker))
  if (!equalBytes(bytesOf(born.networkTag), network.networkTag))
    throw new NodeError('GENESIS_WRONG', `${folder.path}: the device is of another network`)
  const device = await openOrCreate(folder, born)
  if (device.state.headMessageId !== null)
    throw new NodeError('FILE_EXISTS', `${folder.path}: holds a claimed device; nothing is changed`)
  const { deviceId, networkId } = born
  if (registration !== null && options.boxFile !== undefined) {
    await packDevice({ born, maker, registration, boxFile: options.boxFile })
    return { deviceId, networkId, isClaimed: false }
  }
  if (registration !== null) await register({ folder, born, device, maker, registration, custody })
  return { deviceId, networkId, isClaimed: registration !== null }
}

async function makeDevice(options: NewOptions, ports: CommandPorts): Promise<void> {
  const output = createOutput(options, ports)
  const path = options.genesis ?? (await readSettings(options, ports)).config.genesis
  const network = trustNetwork((await readGenesis(path)).genesis)
  const registration =
    options.node === undefined
      ? null
      : {
          network,
          transport: createHttpClient({ baseUrls: [options.node] }),
          readValue: createValueReader(options.node),
          now: Date.now,
          onStep: (text: string) => output.note(`  ${text}`)
        }
  const folder = absolute(options.device)
  if (options.box !== undefined && registration === null) throw usage('--box goes with --node')
  const boxFile = options.box === undefined ? {} : { boxFile: absolute(options.box) }
  const maker = await openMaker(absolute(options.maker))
  const made = await createReferenceDevice({ folder, network, maker, registration, ...boxFile })
  output.answer({
    json: { folder, ...made },
    lines: (paint) => [
      `${paint.green('✔')} a device of ${made.networkId}, ${stageOf(made, options)}`,
      ...table(
        [
          ['device', made.deviceId],
          ['folder', folder]
        ],
        paint
      ),
      nextOf(made, options, folder)
    ]
  })
}

function stageOf({ isClaimed }: CreatedDevice, { box }: NewOptions): string {
  if (isClaimed) return 'born and claimed'
  return box === undefined ? 'with keys only' : 'born, and in its box'
}

function nextOf({ isClaimed }: CreatedDevice, { box }: NewOptions, folder: string): string {
  if (isClaimed)
    return `Next: thingmoot device sign --device ${folder} --reading temperature=21.5 --out message.cbor`
  return box === undefined
    ? 'Next: the same command with --node <url> registers and claims it'
    : `Next: thingmoot device claim --box ${box} --device ${folder} --wallet <dir>`
}

/** Draws what a device of the reference class is born with, and stores it before it is used. */
export async function giveBirth(
  folder: DeviceFolder,
  network: NetworkTrust,
  maker: Maker
): Promise<BornDevice> {
  const birth = createBirth(
    { classId: referenceClassOf(maker), classVersion: CLASS_VERSION, algorithm: ALGORITHM },
    systemRandomBytes
  )
  const { secrets } = birth
  const born: BornDevice = {
    format: 1,
    networkId: network.networkId,
    networkTag: toHex(network.networkTag),
    genesisId: toHex(network.genesisId),
    deviceId: toHex(birth.deviceId),
    inception: toHex(birth.inceptionBytes),
    boxSeed: toHex(birth.boxSeed),
    signingKey: toHex(secrets.signingKey.bytes),
    rotationKey: toHex(secrets.rotationKey.bytes),
    attestationKey: toHex(secrets.attestationKey.bytes),
    encryptionSecret: toHex(secrets.encryptionSecret),
    walletSeed: toHex(systemRandomBytes(SEED_BYTES)),
    acts: null
  }
  await folder.writeBorn(born)
  return born
}

/** Opens the device of a folder; one that was just born gets its first record. */
export async function openOrCreate({ storage }: DeviceFolder, born: BornDevice): Promise<Device> {
  const ports = { storage, randomBytes: systemRandomBytes }
  if ((await storage.read()) !== undefined) return openDevice(ports)
  return createDevice(
    {
      networkTag: bytesOf(born.networkTag),
      deviceId: bytesOf(born.deviceId),
      signingKey: { algorithm: ALGORITHM, bytes: bytesOf(born.signingKey) },
      ratchetEvery: RATCHET_EVERY,
      genesisId: bytesOf(born.genesisId)
    },
    ports
  )
}

interface Registering {
  readonly folder: DeviceFolder
  readonly born: BornDevice
  readonly device: Device
  readonly maker: Maker
  readonly registration: RegistrationPorts
  readonly custody: 0 | 1
}

async function register(registering: Registering): Promise<void> {
  const { born, device, maker, registration, custody } = registering
  await registerMaker(maker, registration, REFERENCE_PROFILE, custody)
  const acts = born.acts ?? (await signActs(registering))
  const claimId = bytesOf(acts.claimId)
  await registerDevice(
    {
      deviceId: bytesOf(born.deviceId),
      birthBatch: { transactionId: bytesOf(acts.birthBatchId), wire: bytesOf(acts.birthBatch) },
      claim: { transactionId: claimId, wire: bytesOf(acts.claim) }
    },
    registration
  )
  const begun = await device.beginIncarnation(0, claimId)
  invariant(begun.ok, 'a device that was never claimed begins its first incarnation')
}

async function signActs({
  folder,
  born,
  maker,
  registration
}: Registering): Promise<NonNullable<BornDevice['acts']>> {
  const deviceId = bytesOf(born.deviceId)
  const tree = createBirthTree([deviceId], systemRandomBytes)
  const place = tree.placeOf(deviceId)
  invariant(place !== undefined, 'the device is in the tree of its own birth')
  const birthBatch = await signBirths(maker, tree, registration)
  const birth = { birthBatchId: birthBatch.transactionId, ...place }
  const claim = signClaim(born, birth, registration.network.networkTag)
  const acts = {
    birthBatchId: toHex(birthBatch.transactionId),
    birthBatch: toHex(birthBatch.wire),
    claimId: toHex(claim.transactionId),
    claim: toHex(claim.wire)
  }
  await folder.writeBorn({ ...born, acts })
  return acts
}

/** Owner and device in one hand: the claim has both signatures at once. */
export function signClaim(
  born: BornDevice,
  birth: BirthRecord,
  networkTag: Uint8Array
): SignedTransaction {
  const inceptionBytes = bytesOf(born.inception)
  const draft = draftClaim({
    networkTag,
    box: { inceptionBytes, boxSeed: bytesOf(born.boxSeed), birth },
    birth,
    walletSeed: bytesOf(born.walletSeed),
    rotationKeyHashes: [],
    rotationThreshold: 1,
    guardians: null
  })
  const attestationKey = { algorithm: ALGORITHM, bytes: bytesOf(born.attestationKey) } as const
  const presence = signPresence(draft.signedBody, { networkTag, inceptionBytes, attestationKey })
  if (!presence.ok) throw usage(`the device gives no presence signature: ${presence.fault}`)
  return finishClaim(draft, presence.value)
}
