/**
 * `thingmoot device run`: the reference device as a process that lives as long as the device.
 *
 * @module
 */

import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import {
  type CommandResult,
  type OpenedCommand,
  openDevice,
  systemRandomBytes
} from '../../client/index.ts'
import {
  addCommand,
  type CommandPorts,
  type CommonOptions,
  gather,
  parseDurationMs,
  usage
} from './command.ts'
import { runProgram } from './device-act.ts'
import { contentOf } from './device-content.ts'
import { createEventLines, type TellEvent } from './device-events.ts'
import { fileStorage, withDeviceFolder } from './device-folder.ts'
import { DeviceInbox } from './device-inbox.ts'
import { type InputMessage, parseInputLine, readLines } from './device-input.ts'
import { networkOfDevice } from './device-network.ts'
import { createDeviceNodes } from './device-nodes.ts'
import { DeviceRunner } from './device-runner.ts'
import { createOutput } from './output.ts'
import { absolute, addConfigOption } from './settings.ts'
import type { SignalPorts } from './start.ts'

/** What `device run` needs. */
export interface DeviceRunPorts extends CommandPorts, SignalPorts {
  /** Lines of what the device shall say; left away, there are none. */
  readonly stdin?: AsyncIterable<Uint8Array | string> & { readonly destroy?: () => unknown }
}

interface RunOptions extends CommonOptions {
  readonly node: readonly string[]
  readonly genesis?: string
  readonly every?: string
  readonly heartbeat: string
  readonly poll: string
  readonly onCommand?: string
  readonly actWithin: string
  readonly once?: boolean
}

const COMMANDS_FILE = 'commands'
const NEVER = 'never'

/** Adds `device run`. */
export function addDeviceRunCommand(group: Command, ports: DeviceRunPorts): void {
  addConfigOption(addCommand(group, 'run', 'run a device: it says what it reads from stdin'))
    .argument('<folder>', 'folder of the device')
    .requiredOption(
      '--node <url>',
      'a node to speak to; repeat: the next one when it fails',
      gather
    )
    .option('--genesis <file>', 'genesis of the network (default: as in the settings)')
    .option('--every <span>', 'make readings of its own so often, instead of reading stdin')
    .option('--heartbeat <span>', 'a sign of life after so much silence, or never', '15m')
    .option('--poll <span>', 'how often to ask for commands and receipts', '500ms')
    .option(
      '--on-command <program>',
      'what follows commands: told on stdin, exit code and stdout answer'
    )
    .option('--act-within <span>', 'how long that program may take', '30s')
    .option('--once', 'end when all input was said and is final')
    .action((folder: string, options: RunOptions) => run(folder, options, ports))
}

async function run(path: string, options: RunOptions, ports: DeviceRunPorts): Promise<void> {
  const [first, ...others] = options.node
  if (first === undefined) throw usage('name a node with --node')
  if (options.every !== undefined && options.once === true)
    throw usage('--every and --once exclude each other: its own readings have no end')
  const heartbeatMs = options.heartbeat === NEVER ? null : parseDurationMs(options.heartbeat)
  const timing = {
    heartbeatMs,
    pollMs: parseDurationMs(options.poll),
    isOnce: options.once === true
  }
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) ports.onSignal(signal, () => stop.abort())
  const tell = createEventLines(createOutput(options, ports))
  await withDeviceFolder(absolute(path), async (folder) => {
    const born = await folder.readBorn()
    if (born === undefined)
      throw usage(`${folder.path}: there is no device; make one with thingmoot device new`)
    const device = await openDevice({ storage: folder.storage, randomBytes: systemRandomBytes })
    const inbox = new DeviceInbox(born, {
      storage: fileStorage(join(folder.path, COMMANDS_FILE)),
      device,
      act: actOf(options, tell),
      tell
    })
    const runner = new DeviceRunner(timing, {
      ...{ folder, born, device, inbox, tell },
      network: await networkOfDevice(born, options, ports),
      nodes: createDeviceNodes([first, ...others]),
      input: inputOf(options, ports, { tell, stopped: stop.signal }),
      stopped: stop.signal
    })
    await runner.run().finally(() => {
      // What still waits for a line or a timer waits in vain, and must not hold the process.
      stop.abort()
      ports.stdin?.destroy?.()
    })
  })
}

function actOf(
  options: RunOptions,
  tell: TellEvent
): (command: OpenedCommand) => Promise<CommandResult> {
  const deadlineMs = parseDurationMs(options.actWithin)
  const { onCommand } = options
  return async ({ commandId, plaintext }) => {
    tell({ event: 'command', commandId, text: new TextDecoder().decode(plaintext) })
    if (onCommand === undefined) return { resultCode: 0, answer: null }
    return await runProgram(absolute(onCommand), plaintext, deadlineMs)
  }
}

function inputOf(
  { every }: RunOptions,
  { stdin = Readable.from([]) }: DeviceRunPorts,
  ports: { readonly tell: TellEvent; readonly stopped: AbortSignal }
): AsyncIterable<InputMessage> {
  return every === undefined
    ? readInput(stdin, ports.tell)
    : ownReadings(parseDurationMs(every), ports.stopped)
}

async function* readInput(
  stdin: AsyncIterable<Uint8Array | string>,
  tell: TellEvent
): AsyncGenerator<InputMessage> {
  for await (const text of readLines(stdin)) {
    const line =
      text === 'LINE_TOO_LONG' ? ({ kind: 'faulty', code: text } as const) : parseInputLine(text)
    if (line.kind === 'message') yield line.message
    else tell({ event: 'not-said', number: null, code: line.code })
  }
}

/** A temperature that wanders, as the sensor of a device would give it. */
async function* ownReadings(everyMs: number, stopped: AbortSignal): AsyncGenerator<InputMessage> {
  let tenths = 200
  while (!stopped.aborted) {
    const [dice = 0] = systemRandomBytes(1)
    tenths = Math.min(Math.max(tenths + (dice % 3) - 1, 150), 250)
    yield { number: null, ...contentOf({ reading: [`temperature=${tenths / 10}`], unit: 'Cel' }) }
    // Whoever stops it wakes it.
    await sleep(everyMs, undefined, { signal: stopped }).catch(() => undefined)
  }
}
