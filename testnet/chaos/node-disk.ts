/**
 * A disk of its own for a node's data, which can lose power, fill up, and be replaced.
 *
 * The disk is mounted where the data folder was, so the node needs no other settings.
 *
 * @module
 */

import { chmodSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChaosNode } from './chaos-node.ts'
import { ControlFile } from './control-file.ts'
import { expect } from './row.ts'
import { mustRun, runCommand } from './run-command.ts'
import type { UndoStack } from './undo-stack.ts'

/** Where disks lie and how they are taken away again. */
export interface DiskOptions {
  readonly node: ChaosNode
  /** A folder for images. */
  readonly folder: string
  readonly undo: UndoStack
}

/** What a power cut took of writes that nobody had synced. */
export interface PowerCut {
  readonly writtenCount: number
  readonly keptCount: number
}

const IMAGE_SIZE = '512M'
const PRIVATE_MODE = 0o700
const UNMOUNT_ATTEMPTS = 20
const UNMOUNT_PAUSE_MS = 250
const CONTROL_NAME = 'control'

/** An ext4 file system in a file, mounted through a loop device. */
export class ImageDisk {
  readonly #options: DiskOptions
  #image: string
  #cuts = 0
  #control: ControlFile | undefined

  private constructor(options: DiskOptions) {
    this.#options = options
    this.#image = join(options.folder, `${options.node.slug}.img`)
  }

  /** Moves the data of a node that is down onto an image. */
  static async place(options: DiskOptions): Promise<ImageDisk> {
    const disk = new ImageDisk(options)
    mkdirSync(options.folder, { recursive: true })
    await mustRun('truncate', '-s', IMAGE_SIZE, disk.#image)
    await mustRun('mkfs.ext4', '-qF', disk.#image)
    await moveOnto(options, () => disk.#mount())
    return disk
  }

  /** Writes to a file beside the data from now on, and never syncs it. */
  startControl(): void {
    this.#control = new ControlFile(join(this.#options.node.dataFolder, CONTROL_NAME))
  }

  /**
   * Takes what has reached the image, and nothing that only the mounted file system knows.
   *
   * The node must be dead already: nothing asks for a sync between its death and this copy.
   */
  async cut(): Promise<PowerCut> {
    const { node, folder } = this.#options
    expect(!node.isUp, 'a disk loses its power with its node')
    const writtenCount = this.#control?.writtenCount ?? 0
    this.#cuts++
    const copy = join(folder, `${node.slug}-${this.#cuts}.img`)
    await mustRun('cp', '--sparse=always', this.#image, copy)
    this.#control?.close()
    this.#control = undefined
    await unmount(node.dataFolder)
    rmSync(this.#image)
    this.#image = copy
    await this.#mount()
    return {
      writtenCount,
      keptCount: ControlFile.countKept(join(node.dataFolder, CONTROL_NAME))
    }
  }

  async #mount(): Promise<void> {
    await mustRun('mount', '-o', 'loop,commit=300', this.#image, this.#options.node.dataFolder)
  }
}

/** Moves the data of a node that is down onto a memory disk of a size. */
export async function placeInMemory(options: DiskOptions, sizeBytes: number): Promise<void> {
  const { dataFolder } = options.node
  await moveOnto(options, async () => {
    await mustRun('mount', '-t', 'tmpfs', '-o', `size=${sizeBytes},mode=0700`, 'tmpfs', dataFolder)
  })
}

/** Gives a memory disk another size. */
export async function resizeMemory({ dataFolder }: ChaosNode, sizeBytes: number): Promise<void> {
  await mustRun('mount', '-o', `remount,size=${sizeBytes}`, dataFolder)
}

async function moveOnto({ node, undo }: DiskOptions, mount: () => Promise<void>): Promise<void> {
  const { dataFolder } = node
  expect(!node.isUp, 'data is moved while its node is down')
  const aside = `${dataFolder}.aside`
  renameSync(dataFolder, aside)
  mkdirSync(dataFolder, { mode: PRIVATE_MODE })
  undo.push({
    what: `the mount at ${dataFolder}`,
    run: async () => {
      await node.kill()
      await unmount(dataFolder)
    }
  })
  await mount()
  chmodSync(dataFolder, PRIVATE_MODE)
  cpSync(aside, dataFolder, { recursive: true, preserveTimestamps: true })
  await mustRun('sync', '-f', dataFolder)
  rmSync(aside, { recursive: true })
}

/** Unmounts what is mounted there, if anything is. */
async function unmount(folder: string): Promise<void> {
  for (let attempt = 1; existsSync(folder); attempt++) {
    const { code } = await runCommand('mountpoint', ['-q', folder])
    if (code !== 0) return
    const isLast = attempt === UNMOUNT_ATTEMPTS
    const { code: failed } = await runCommand('umount', isLast ? ['-l', folder] : [folder])
    if (failed === 0 || isLast) return
    await sleep(UNMOUNT_PAUSE_MS)
  }
}
