/**
 * Waiting commands: what a device has still to receive, each with the proof that it counted.
 *
 * Nothing is handed out for a device that is quarantined, lost or at its end, nor for an incarnation
 * that is over, nor once its time is up: the device would not follow it.
 *
 * @see SPEC.md §5.9 Acts of others
 * @module
 */

import { canSpeak, type LedgerReader, readLivingDevice } from '../../protocol/index.ts'
import {
  type CommandEntry,
  type CommandPlace,
  type CommandsAsked,
  isBehind,
  NO_COMMAND
} from '../ledger/device-commands.ts'
import type { CommandPage, WaitingCommand } from '../ledger-service.ts'

/** What waiting commands are read from. */
export interface WaitingCommandPorts {
  readonly state: LedgerReader
  /** Of the last final block. */
  readonly timeMs: number
  readonly passed: (deviceId: Uint8Array) => CommandPlace
  readonly entries: (deviceId: Uint8Array, asked: CommandsAsked) => Promise<readonly CommandEntry[]>
  /** The bytes of a final transaction; null where they were pruned. */
  readonly wire: (transactionId: Uint8Array) => Uint8Array | null
  /** Encoded; null while the block is not proved final here. */
  readonly receipt: (transactionId: Uint8Array) => Uint8Array | null
  /** Lets other work go first. */
  readonly pause: () => Promise<void>
}

/** Reads one page; null where there is no such device. */
export async function readWaitingCommands(
  deviceId: Uint8Array,
  page: CommandPage,
  ports: WaitingCommandPorts
): Promise<readonly WaitingCommand[] | null> {
  const device = readLivingDevice(ports.state, deviceId, ports.timeMs)
  if (device === 'DEVICE_UNKNOWN') return null
  if (device === 'DEVICE_ENDED' || !canSpeak(device)) return []
  const asked = page.after ?? NO_COMMAND
  const passed = ports.passed(deviceId)
  const after = isBehind(passed, asked) ? passed : asked
  const isWanted = ({ incarnation, notAfterMs }: CommandEntry): boolean =>
    incarnation === device.incarnation && notAfterMs > ports.timeMs
  const commands: WaitingCommand[] = []
  for (const entry of await ports.entries(deviceId, { after, isWanted, limit: page.limit })) {
    const { commandId, height, index, notAfterMs } = entry
    const wire = ports.wire(commandId)
    // It went with old blocks, which this node does not keep.
    if (wire === null) continue
    const receipt = ports.receipt(commandId)
    // Those after it must not be received before it.
    if (receipt === null) break
    commands.push({ commandId, height, index, notAfterMs, wire, receipt })
    await ports.pause()
  }
  return commands
}
