/**
 * `thingmoot reader`: keys that read one device, and what it says opened by them.
 *
 * `reader.json` holds the keys and every data key that was granted: the ledger holds the wraps of
 * the last grant alone, so a reader looks in while it is granted.
 *
 * @module
 */

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import * as z from 'zod'
import {
  createHttpClient,
  drawReader,
  type OpenedMessage,
  SealedReader,
  systemRandomBytes
} from '../../client/index.ts'
import { CONTENT_KINDS, equalBytes, fromHex, toHex } from '../../protocol/index.ts'
import { senmlRecords } from '../api/senml-json.ts'
import { NodeError } from '../errors.ts'
import { writeFailure } from '../storage/disk-errors.ts'
import { writeFileDurably } from '../storage/durable-file.ts'
import {
  addCommand,
  type CommandPorts,
  type CommonOptions,
  parseCount,
  parseHex,
  usage
} from './command.ts'
import { bytesOf } from './device-folder.ts'
import { checkMessage, readGrant } from './device-sealing.ts'
import { readOptionalText, trouble, writeNewFile } from './files.ts'
import { type NetworkTrust, trustNetwork } from './network-trust.ts'
import { requestNode } from './node-request.ts'
import { count, createOutput, table } from './output.ts'
import { absolute, addConfigOption, readGenesis, readSettings } from './settings.ts'

interface ReaderOptions extends CommonOptions {
  readonly reader: string
  readonly genesis?: string
}

interface NewOptions extends ReaderOptions {
  readonly deviceId: string
}

interface ReadOptions extends ReaderOptions {
  readonly node: string
  readonly limit: string
}

interface ReaderFile {
  readonly networkTag: string
  readonly deviceId: string
  readonly readerKey: string
  readonly readerSecret: string
  readonly dataKeys: readonly { readonly epoch: number; readonly key: string }[]
}

const FILE = 'reader.json'
const SECRET_MODE = 0o600
const FOLDER_MODE = 0o700
const DEADLINE_MS = 10_000
const INLINE_FORM = 0

const hex32 = z.string().regex(/^[0-9a-f]{64}$/)
const fileShape: z.ZodType<ReaderFile> = z.strictObject({
  networkTag: hex32,
  deviceId: hex32,
  readerKey: hex32,
  readerSecret: hex32,
  dataKeys: z.array(z.strictObject({ epoch: z.int().min(1), key: hex32 }))
})
const readingsShape = z.looseObject({
  readings: z.array(z.looseObject({ message: z.string().optional() }))
})

/** Adds `reader new` and `reader read`. */
export function addReaderCommand(program: Command, ports: CommandPorts): void {
  const group = program.command('reader').description('who reads the sealed data of a device')
  const add = (name: string, description: string): Command =>
    addConfigOption(addCommand(group, name, description))
      .requiredOption('--reader <dir>', 'folder of the reader')
      .option('--genesis <file>', 'genesis of the network (default: as in the settings)')
  add('new', 'make keys that read one device')
    .requiredOption('--device-id <id>', 'the device, 32 bytes in hexadecimal')
    .action((options: NewOptions) => create(options, ports))
  add('read', 'show what the device said in the times of its grants')
    .requiredOption('--node <url>', 'node to ask, with proofs')
    .option('--limit <count>', 'messages to look at, newest first, at most 200', '50')
    .action((options: ReadOptions) => read(options, ports))
}

async function create(options: NewOptions, ports: CommandPorts): Promise<void> {
  const { networkTag } = await networkOf(options, ports)
  const deviceId = parseHex(options.deviceId, 32, '--device-id')
  const folder = absolute(options.reader)
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE }).catch((error) => {
    throw writeFailure(folder, error)
  })
  const keys = drawReader({ networkTag, deviceId }, systemRandomBytes)
  const file: ReaderFile = {
    networkTag: toHex(networkTag),
    deviceId: toHex(deviceId),
    readerKey: toHex(keys.readerKey),
    readerSecret: toHex(keys.readerSecret),
    dataKeys: []
  }
  await writeNewFile({ path: join(folder, FILE), content: toText(file), mode: SECRET_MODE })
  const { readerKey } = file
  createOutput(options, ports).answer({
    json: { folder, deviceId: file.deviceId, readerKey },
    lines: (paint) => [
      `${paint.green('✔')} keys for one device, to nobody else's knowledge`,
      ...table([['reader key', readerKey]], paint),
      `Next: its owner says thingmoot device share ${readerKey} --device … --node …`
    ]
  })
}

async function read(options: ReadOptions, ports: CommandPorts): Promise<void> {
  const path = join(absolute(options.reader), FILE)
  const file = await readFile(path)
  const network = await networkOf(options, ports)
  if (!equalBytes(network.networkTag, bytesOf(file.networkTag)))
    throw new NodeError('GENESIS_WRONG', `${path}: is a reader on another network`)
  const limit = parseCount(options.limit, '--limit')
  if (limit < 1 || limit > 200) throw usage('--limit is 1 to 200')
  const reader = openReader(file)
  const transport = createHttpClient({ baseUrls: [options.node] })
  const adopted = await reader.adopt(
    await readGrant(bytesOf(file.deviceId), { network, transport })
  )
  if (adopted.ok) await storeKeys(path, file, reader)
  const opened: OpenedMessage[] = []
  let closed = 0
  for (const wire of await readSealed(options.node, file.deviceId, limit)) {
    const message = reader.open(wire)
    if (!message.ok) closed++
    // What the node says that the device said counts once its receipt proves it.
    else if (await checkMessage(message.value.messageId, { network, transport }))
      opened.push(message.value)
  }
  const output = createOutput(options, ports)
  if (!adopted.ok) output.note(`no key of the present grant: ${adopted.fault}`)
  output.answer({
    json: {
      deviceId: file.deviceId,
      dataKeyEpochs: file.dataKeys.length,
      closed,
      messages: opened.map(toJson)
    },
    lines: (paint) => [
      `${count(opened.length, 'sealed message')} opened and proved, ${closed} closed to this reader`,
      ...table(
        opened.map((one): [string, string] => [
          String(one.message.sequence),
          JSON.stringify(toJson(one).records ?? toHex(one.content))
        ]),
        paint
      )
    ]
  })
}

function toJson({ messageId, message, content }: OpenedMessage): {
  readonly records?: unknown
  readonly [name: string]: unknown
} {
  const { incarnation, sequence, contentKind, dataKeyEpoch } = message
  const records = content[0] === INLINE_FORM ? senmlRecords(content.subarray(1)) : undefined
  return {
    ...{ messageId, incarnation, sequence, dataKeyEpoch },
    contentKind: CONTENT_KINDS.get(contentKind)?.name ?? contentKind,
    ...(records === undefined ? { content } : { records })
  }
}

/** The sealed messages among the latest of a device. */
async function readSealed(
  node: string,
  deviceId: string,
  limit: number
): Promise<readonly Uint8Array[]> {
  const path = `/v1/devices/${deviceId}/readings?limit=${limit}`
  const answer = await requestNode(node, path, { deadlineMs: DEADLINE_MS })
  const parsed = readingsShape.safeParse(answer.json())
  if (!parsed.success)
    throw trouble('REQUEST_FAILED', `${node}${path}: the answer is no readings`, parsed.error)
  return parsed.data.readings.flatMap(({ message }) => {
    const wire = message === undefined ? undefined : fromHex(message)
    return wire === undefined ? [] : [wire]
  })
}

function openReader(file: ReaderFile): SealedReader {
  const keys = {
    networkTag: bytesOf(file.networkTag),
    deviceId: bytesOf(file.deviceId),
    readerKey: bytesOf(file.readerKey),
    readerSecret: bytesOf(file.readerSecret)
  }
  const dataKeys = file.dataKeys.map(({ epoch, key }) => ({ epoch, bytes: bytesOf(key) }))
  return new SealedReader(keys, dataKeys)
}

async function storeKeys(path: string, file: ReaderFile, reader: SealedReader): Promise<void> {
  const dataKeys = reader.dataKeys.map(({ epoch, bytes }) => ({ epoch, key: toHex(bytes) }))
  const content = toText({ ...file, dataKeys })
  await writeFileDurably({ path, content, mode: SECRET_MODE })
}

async function readFile(path: string): Promise<ReaderFile> {
  const text = await readOptionalText(path)
  if (text === undefined)
    throw usage(`${path}: there is no reader; make one with thingmoot reader new`)
  try {
    return fileShape.parse(JSON.parse(text))
  } catch (error) {
    throw trouble('STORAGE_DAMAGED', `${path}: is not as it was written`, error)
  }
}

async function networkOf(options: ReaderOptions, ports: CommandPorts): Promise<NetworkTrust> {
  const path = options.genesis ?? (await readSettings(options, ports)).config.genesis
  return trustNetwork((await readGenesis(path)).genesis)
}

function toText(file: ReaderFile): string {
  return `${JSON.stringify(file, undefined, 2)}\n`
}
