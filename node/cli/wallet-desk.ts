/**
 * The desk at which an owner acts: its wallet, the network that it trusts, and a node to ask.
 *
 * No word of the node is taken: how a device stands is proved before an act is signed, and how the
 * act ended is proved before it is told.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import picocolors from 'picocolors'
import {
  checkFollowing,
  checkReceipt,
  createHttpClient,
  type DeviceFacts,
  proveDevice,
  type SignedTransaction,
  type Transport,
  type Wallet
} from '../../client/index.ts'
import type { Outcome } from '../../protocol/index.ts'
import { toHex } from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import { type CommandPorts, type CommonOptions, parseDurationMs, usage } from './command.ts'
import { explainOwnerCode } from './device-words.ts'
import { type NetworkTrust, trustNetwork } from './network-trust.ts'
import { createOutput, isColoured, type Output, type Paint } from './output.ts'
import { addConfigOption, networkOf } from './settings.ts'
import { idBytes, resolveId } from './short-id.ts'
import { type WalletPlace, withWallet } from './wallet-folder.ts'

/** Options of whoever looks at a device. */
export interface LookOptions extends CommonOptions {
  readonly node: string
  readonly genesis?: string
}

/** Options of an owner who acts. */
export interface OwnerOptions extends LookOptions, WalletPlace {
  readonly dryRun?: boolean
  readonly wait: string
}

/** A node to ask, and what is trusted. */
export interface LookDesk {
  readonly url: string
  readonly network: NetworkTrust
  readonly transport: Transport
  readonly output: Output
  /** For lines that are put together before they are answered. */
  readonly paint: Paint
}

/** Everything that an owner needs. */
export interface OwnerDesk extends LookDesk {
  readonly wallet: Wallet
  readonly isDryRun: boolean
  readonly waitMs: number
}

/** How a transaction ended, as was proved. */
export interface ProvedEnd {
  readonly transactionId: Uint8Array
  readonly outcome: Outcome['outcome']
  readonly height: number
}

const ASK_AGAIN_MS = 250
/** What a node holds a request for, at most. */
const HELD_MAX_MS = 30_000

/** Adds what every command needs that looks at the ledger. */
export function addLookOptions(command: Command): Command {
  return addConfigOption(command)
    .requiredOption('--node <url>', 'any node of the network: what it says is proved')
    .option('--genesis <file>', 'genesis of the network (default: as in the settings)')
}

/** Adds `--wallet` and what opens it. */
export function addWalletOptions(command: Command): Command {
  return command
    .requiredOption('--wallet <dir>', 'folder of the wallet')
    .option('--passphrase-file <file>', 'file with the passphrase of the wallet')
}

/** Adds what every command needs by which an owner acts. */
export function addOwnerOptions(command: Command): Command {
  return addLookOptions(addWalletOptions(command))
    .option('--wait <span>', 'how long to wait until it is final', '30s')
    .option('--dry-run', 'show what would be signed, and sign and send nothing')
}

/**
 * Opens the way to a node.
 *
 * @throws NodeError GENESIS_WRONG, ConfigError
 */
export async function openLook(
  options: LookOptions,
  ports: CommandPorts,
  waitMs = 0
): Promise<LookDesk> {
  return {
    url: options.node,
    network: trustNetwork(await networkOf(options, ports)),
    transport: createHttpClient({
      baseUrls: [options.node],
      waitMs: Math.min(waitMs, HELD_MAX_MS)
    }),
    output: createOutput(options, ports),
    paint: picocolors.createColors(isColoured(ports.stdout, ports.environment))
  }
}

/**
 * Opens the desk, and closes it when the work is done.
 *
 * @throws NodeError or ClientError
 */
export async function withOwnerDesk(
  options: OwnerOptions,
  ports: CommandPorts,
  work: (desk: OwnerDesk) => Promise<void>
): Promise<void> {
  const waitMs = parseDurationMs(options.wait)
  const look = await openLook(options, ports, waitMs)
  await withWallet(options, (wallet) =>
    work({ ...look, wallet, waitMs, isDryRun: options.dryRun === true })
  )
}

/** The device that a text names, among those of the wallet, or in full. */
export function namedDevice(text: string, { wallet }: Pick<OwnerDesk, 'wallet'>): Uint8Array {
  const known = wallet.devices.map(({ deviceId }) => toHex(deviceId))
  return idBytes(resolveId(text, known, 'device of this wallet'))
}

/**
 * How a device stands, proved.
 *
 * @throws NodeError VERIFICATION_FAILED, REQUEST_FAILED; ClientError
 */
export async function lookAt(
  deviceId: Uint8Array,
  { network, transport }: Pick<LookDesk, 'network' | 'transport'>
): Promise<DeviceFacts> {
  const facts = await proveDevice(deviceId, { ledger: network.ledger, transport })
  if (facts.ok) return facts.value
  if (facts.fault === 'DEVICE_UNKNOWN')
    throw new NodeError('REQUEST_FAILED', `the ledger has no device ${toHex(deviceId).slice(0, 8)}`)
  throw new NodeError('VERIFICATION_FAILED', `the node's answer proves nothing: ${facts.fault}`)
}

/**
 * Looks at a device and takes in what that means for the wallet.
 *
 * @throws NodeError USAGE_WRONG where it is none of the wallet's, or as {@link lookAt}
 */
export async function lookAsOwner(deviceId: Uint8Array, desk: OwnerDesk): Promise<DeviceFacts> {
  const facts = await lookAt(deviceId, desk)
  const observed = await desk.wallet.observe(deviceId, facts)
  if (observed.ok && observed.value.isElsewhere)
    desk.output.note(
      'Another copy of this wallet has acted for the device. One writes at a time: this one waits ten minutes.'
    )
  if (!observed.ok && observed.fault !== 'OWNERSHIP_PENDING')
    throw usage(explainOwnerCode(observed.fault))
  return facts
}

/**
 * Hands transactions to the node in their order, waits for the last, and has its end proved.
 *
 * @param name - what the last one is, for errors
 * @throws NodeError REQUEST_FAILED, NODE_NOT_READY, VERIFICATION_FAILED; ClientError
 */
export async function sendProved(
  desk: Pick<OwnerDesk, 'network' | 'transport' | 'waitMs'>,
  transactions: readonly SignedTransaction[],
  name: string
): Promise<ProvedEnd> {
  const { transport, waitMs } = desk
  const last = transactions.at(-1)
  if (last === undefined) throw usage('there is nothing to send')
  for (const { wire } of transactions.slice(0, -1)) await transport.submit(wire)
  const report = await transport.submit(last.wire, 'final')
  if (report.kind === 'refused') throw refusal(name, report.code)
  const endMs = performance.now() + waitMs
  let { stage } = report.status
  while (stage !== 'final' && performance.now() < endMs) {
    await sleep(ASK_AGAIN_MS)
    // A pooled transaction may be dropped: it is valid for ever, so it is simply sent again.
    if (stage === 'dropped') await transport.submit(last.wire)
    stage = (await transport.transactionStatus(last.transactionId))?.stage ?? stage
  }
  if (stage !== 'final')
    throw new NodeError(
      'NODE_NOT_READY',
      `${name}: signed and handed in as ${toHex(last.transactionId)}, but only ${stage} so far; the same command sends it again`
    )
  return proveEnd(desk, last, name)
}

async function proveEnd(
  { network, transport }: Pick<OwnerDesk, 'network' | 'transport'>,
  { transactionId }: SignedTransaction,
  name: string
): Promise<ProvedEnd> {
  const encoded = await transport.receipt(transactionId)
  if (encoded === null)
    throw new NodeError('NODE_NOT_READY', `${name}: final, but the node has no receipt yet`)
  const receipt = await checkFollowing(network.ledger, transport, (ledger) =>
    checkReceipt(ledger, transactionId, encoded)
  )
  if (!receipt.ok)
    throw new NodeError(
      'VERIFICATION_FAILED',
      `the node's receipt proves nothing: ${receipt.fault}`
    )
  const { outcome, header } = receipt.value
  const isWell = outcome.outcome === 'applied' || outcome.outcome === 'duplicate'
  if (!isWell) throw refusal(name, outcome.code ?? outcome.outcome)
  return { transactionId, outcome: outcome.outcome, height: header.height }
}

function refusal(name: string, code: string): NodeError {
  return new NodeError('REQUEST_FAILED', `${name}: ${explainOwnerCode(code)} (${code})`)
}
