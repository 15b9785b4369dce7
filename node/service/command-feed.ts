/**
 * The feed of commands: who listens is told that a device may have more to receive, and reads it.
 *
 * @module
 */

import type { Transaction } from '../../protocol/index.ts'
import type { CommandPage, WaitingCommand } from '../ledger-service.ts'
import type { NodeServicePorts } from './node-service-ports.ts'
import { readWaitingCommands } from './waiting-commands.ts'

/** Most commands of one page: each comes with its receipt. */
const COMMANDS_MAX = 16
/** The content kind of a device's answer to a command. */
const REPLY_KIND = 2

/** Tells of commands. */
export class CommandFeed {
  readonly #ports: Pick<NodeServicePorts, 'archive' | 'keeper' | 'clock'>
  readonly #listeners = new Set<(deviceId: Uint8Array) => void>()

  constructor(ports: Pick<NodeServicePorts, 'archive' | 'keeper' | 'clock'>) {
    this.#ports = ports
  }

  /** What a device has still to receive; null where there is no such device. */
  read(deviceId: Uint8Array, page: CommandPage): Promise<readonly WaitingCommand[] | null> {
    const { archive, keeper, clock } = this.#ports
    const limit = Math.min(page.limit, COMMANDS_MAX)
    return readWaitingCommands(
      deviceId,
      { ...page, limit },
      {
        state: keeper.tip.view,
        timeMs: keeper.tip.timeMs,
        passed: (id) => archive.commandsPassed(id),
        entries: (id, asked) => archive.commands(id, asked),
        wire: (id) => archive.find(id)?.transaction.wire ?? null,
        receipt: (id) => archive.receipt(id),
        pause: () => clock.pause()
      }
    )
  }

  /** Calls back when a device may have another command to receive. */
  follow(listener: (deviceId: Uint8Array) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells of what a final block holds: a device that has answered may take the next ones. */
  announce(transactions: readonly Transaction[]): void {
    if (this.#listeners.size === 0) return
    for (const { body } of transactions) {
      const isOfCommands =
        body.kind === 'command' ||
        (body.kind === 'device-message' && body.contentKind === REPLY_KIND)
      if (!isOfCommands) continue
      for (const listener of this.#listeners) listener(body.deviceId)
    }
  }
}
