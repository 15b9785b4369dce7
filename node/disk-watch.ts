/**
 * The disk watch: how much room is left, and what follows.
 *
 * Below the first floor nothing more is taken in; below the second the node
 * stops cleanly, before a write can fail half-way.
 *
 * @module
 */

import { statfs } from 'node:fs/promises'
import { NodeError } from './errors.ts'

const INTERVAL_MS = 5_000

/** What the watch needs. */
export interface DiskWatchPorts {
  /** Told at every change of whether there is room to take more in. */
  readonly onRoom: (hasRoom: boolean) => void
  readonly onFailure: (error: unknown) => void
}

/** A running watch. */
export interface DiskWatch {
  /** Bytes free at the last look. */
  readonly freeBytes: () => number
  readonly stop: () => void
}

/**
 * Watches the file system of a folder.
 *
 * @throws NodeError DISK_FULL when there is too little room to start at all
 */
export async function watchDisk(
  path: string,
  floors: { readonly warnBytes: number; readonly stopBytes: number },
  ports: DiskWatchPorts
): Promise<DiskWatch> {
  let freeBytes = 0
  let hasRoom = true
  const look = async (): Promise<void> => {
    const { bavail, bsize } = await statfs(path)
    freeBytes = bavail * bsize
    if (freeBytes < floors.stopBytes) throw tooFull(path, freeBytes, floors.stopBytes)
    const hasRoomNow = freeBytes >= floors.warnBytes
    if (hasRoomNow !== hasRoom) ports.onRoom(hasRoomNow)
    hasRoom = hasRoomNow
  }
  await look()
  const timer = setInterval(() => void look().catch(ports.onFailure), INTERVAL_MS)
  timer.unref()
  return { freeBytes: () => freeBytes, stop: () => clearInterval(timer) }
}

function tooFull(path: string, freeBytes: number, stopBytes: number): NodeError {
  const free = Math.floor(freeBytes / 1_048_576)
  const needed = Math.floor(stopBytes / 1_048_576)
  return new NodeError(
    'DISK_FULL',
    `${path}: ${free} MiB free, below the ${needed} MiB of disk.stopBytes; make room and start again`
  )
}
