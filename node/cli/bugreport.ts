/**
 * `thingmoot bugreport`: one file about a node that can be handed to others.
 *
 * @module
 */

import { open } from 'node:fs/promises'
import type { Command } from 'commander'
import { gatherReport } from './bugreport/report.ts'
import { formatReport } from './bugreport/report-text.ts'
import { addCommand, type CommandPorts, type CommonOptions, usage } from './command.ts'
import { writeNewFile } from './files.ts'
import { type AccessOptions, addAccessOptions } from './node-url.ts'
import { createOutput, toJson } from './output.ts'
import { addConfigOption } from './settings.ts'

/** What `bugreport` needs. */
export interface BugreportPorts extends CommandPorts {
  /** A log that is led in; left away, there is none. */
  readonly stdin?: AsyncIterable<Uint8Array | string>
}

interface BugreportOptions extends CommonOptions, AccessOptions {
  readonly metricsUrl?: string
  readonly log?: string
  readonly out?: string
}

/** As much of a log is looked at, from its end. */
const LOG_BYTES_MAX = 4 * 1024 * 1024
const PRIVATE_MODE = 0o600
const STDIN = '-'

/** Adds `bugreport`. */
export function addBugreportCommand(program: Command, ports: BugreportPorts): void {
  addAccessOptions(
    addConfigOption(
      addCommand(program, 'bugreport', 'write one file about this node that others may read')
    ),
    'where the node answers; without --config a node elsewhere, by its word alone'
  )
    .option('--metrics-url <url>', 'where its metrics are (default: as in the settings)')
    .option('--log <file>', 'log of the node, its last lines are told; - for standard input')
    .option('--out <file>', 'where to write it (default: thingmoot-bugreport-<time>.txt)')
    .action((options: BugreportOptions) => writeReport(options, ports))
}

/** @throws NodeError USAGE_WRONG, FILE_EXISTS, DISK_FULL or DISK_WRITE_FAILED */
async function writeReport(options: BugreportOptions, ports: BugreportPorts): Promise<void> {
  const { log, out, json, ...question } = options
  const logText = log === undefined ? null : await readLog(log, ports)
  const report = await gatherReport({ ...question, logText }, ports)
  const text = json === true ? `${toJson(report)}\n` : formatReport(report)
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '')
  const path = out ?? `thingmoot-bugreport-${stamp}Z.${json === true ? 'json' : 'txt'}`
  await writeNewFile({ path, content: text, mode: PRIVATE_MODE })
  createOutput(options, ports).answer({
    json: { file: path, bytes: Buffer.byteLength(text) },
    lines: (paint) => [
      `${paint.green('✔')} ${path}`,
      'No key, token, address, name or path is in it. Read it before you hand it on.'
    ]
  })
}

async function readLog(name: string, { stdin }: BugreportPorts): Promise<string> {
  if (name !== STDIN) return await readEnd(name)
  let text = ''
  for await (const part of stdin ?? [])
    text = (text + Buffer.from(part).toString('utf8')).slice(-LOG_BYTES_MAX)
  return text
}

/** The end of a file: logs grow without bound. */
async function readEnd(path: string): Promise<string> {
  try {
    const handle = await open(path, 'r')
    try {
      const { size } = await handle.stat()
      const from = Math.max(0, size - LOG_BYTES_MAX)
      const content = Buffer.alloc(size - from)
      const { bytesRead } = await handle.read(content, 0, content.length, from)
      return content.subarray(0, bytesRead).toString('utf8')
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw usage(`--log: ${path} cannot be read`, error)
  }
}
