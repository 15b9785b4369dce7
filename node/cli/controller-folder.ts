/**
 * Controller folders: a key that commands devices, and what it has sent, readable by its holder alone.
 *
 * `controller.json` is written before a command leaves: its reply opens by what is kept there.
 *
 * @module
 */

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { drawPrivateKey, systemRandomBytes } from '../../client/index.ts'
import { createPrivateKey, type PrivateKey, publicKeyOf, toHex } from '../../protocol/index.ts'
import { writeFailure } from '../storage/disk-errors.ts'
import { writeFileDurably } from '../storage/durable-file.ts'
import { takeLock } from '../storage/lock-file.ts'
import { usage } from './command.ts'
import { bytesOf } from './device-folder.ts'
import { readOptionalText, trouble, writeNewFile } from './files.ts'

/** A command that was signed. All bytes in hexadecimal. */
export interface StoredCommand {
  readonly commandId: string
  readonly deviceId: string
  readonly commandSequence: number
  /** Opens the reply. */
  readonly replySecret: string
  readonly wire: string
}

interface StoredController {
  readonly format: 1
  readonly privateKey: string
  /** The last ones, oldest first. */
  readonly sent: readonly StoredCommand[]
}

/** An open controller folder. */
export interface ControllerFolder {
  readonly path: string
  readonly key: PrivateKey
  readonly sent: () => readonly StoredCommand[]
  readonly remember: (command: StoredCommand) => Promise<void>
}

const FILE = 'controller.json'
const LOCK_FILE = 'lock'
const SECRET_MODE = 0o600
const FOLDER_MODE = 0o700
/** Commands whose replies can still be looked for. */
const SENT_MAX = 64

const hex = z.string().regex(/^([0-9a-f]{2})+$/)
const hex32 = z.string().regex(/^[0-9a-f]{64}$/)
const fileShape: z.ZodType<StoredController> = z.strictObject({
  format: z.literal(1),
  privateKey: hex32,
  sent: z.array(
    z.strictObject({
      commandId: hex32,
      deviceId: hex32,
      commandSequence: z.int().positive(),
      replySecret: hex32,
      wire: hex
    })
  )
})

/**
 * Makes a controller in a folder that holds none.
 *
 * @returns its public key
 */
export async function createController(path: string): Promise<Uint8Array> {
  await mkdir(path, { recursive: true, mode: FOLDER_MODE }).catch((error) => {
    throw writeFailure(path, error)
  })
  const key = drawPrivateKey('Ed25519', systemRandomBytes)
  const stored: StoredController = { format: 1, privateKey: toHex(key.bytes), sent: [] }
  await writeNewFile({ path: join(path, FILE), content: toText(stored), mode: SECRET_MODE })
  return publicKeyOf(key)
}

/**
 * Uses a controller, alone: two at once would give two commands one number.
 *
 * @throws NodeError DATA_DIRECTORY_LOCKED, USAGE_WRONG, STORAGE_DAMAGED
 */
export async function withController<Result>(
  path: string,
  use: (folder: ControllerFolder) => Promise<Result>
): Promise<Result> {
  const file = join(path, FILE)
  const stored = await readStored(file)
  const key = createPrivateKey('Ed25519', bytesOf(stored.privateKey))
  if (key === undefined) throw usage(`${file}: holds no key`)
  const lock = await takeLock(join(path, LOCK_FILE))
  let sent = stored.sent
  try {
    return await use({
      path,
      key,
      sent: () => sent,
      remember: async (command) => {
        sent = [...sent, command].slice(-SENT_MAX)
        await writeFileDurably({
          path: file,
          content: toText({ ...stored, sent }),
          mode: SECRET_MODE
        })
      }
    })
  } finally {
    await lock.release()
  }
}

async function readStored(file: string): Promise<StoredController> {
  const text = await readOptionalText(file)
  if (text === undefined)
    throw usage(`${file}: there is no controller; make one with thingmoot controller new`)
  try {
    return fileShape.parse(JSON.parse(text))
  } catch (error) {
    throw trouble('STORAGE_DAMAGED', `${file}: is not as it was written`, error)
  }
}

function toText(stored: StoredController): string {
  return `${JSON.stringify(stored, undefined, 2)}\n`
}
