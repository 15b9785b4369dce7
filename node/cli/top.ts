/**
 * `thingmoot top`: how one node is, again and again, until it is told to stop.
 *
 * On a terminal it draws over itself and `q` ends it; elsewhere it says plain text, or a line of
 * JSON each time. A node that is away is waited for on a terminal; to a script it is an error.
 *
 * @module
 */

import type { Command } from 'commander'
import picocolors from 'picocolors'
import { NodeError } from '../errors.ts'
import {
  addCommand,
  type CommandPorts,
  type CommonOptions,
  parseDurationMs,
  usage
} from './command.ts'
import { type AccessOptions, addAccessOptions, type NodeAccess, readAccess } from './node-url.ts'
import { isColoured, type OutputStream, type Paint } from './output.ts'
import { addConfigOption, readSettings } from './settings.ts'
import type { SignalPorts } from './start.ts'
import { figuresOf, type NodeReading } from './top/figures.ts'
import { metricsUrl, readNode } from './top/read-node.ts'
import { drawFigures, drawSilence, type ScreenSize } from './top/screen.ts'
import { type KeyInput, Watching } from './top/watching.ts'

/** What `top` needs. */
export interface TopPorts extends CommandPorts, Pick<SignalPorts, 'onSignal'> {
  /** Where keys are pressed, if it is a terminal. */
  readonly stdin?: KeyInput
  /** Aborted when nobody reads the output any more. */
  readonly readerGone?: AbortSignal
}

interface TopOptions extends CommonOptions, AccessOptions {
  readonly metricsUrl?: string
  readonly every: string
  readonly once?: boolean
}

const EVERY_MIN_MS = 200
const PLAIN: ScreenSize = { columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY }
const COLUMNS_DEFAULT = 80
const ROWS_DEFAULT = 24
const HOME = '\u001b[H'
const ERASE_LINE = '\u001b[K'
const ERASE_BELOW = '\u001b[J'

/** Adds `top`. */
export function addTopCommand(program: Command, ports: TopPorts): void {
  addAccessOptions(
    addConfigOption(addCommand(program, 'top', 'how a running node is, live; q to quit')),
    'where the node answers (default: as in the settings)'
  )
    .option(
      '--metrics-url <url>',
      'where its metrics are (default: as in the settings, without --url)'
    )
    .option('--every <span>', 'how often to look', '1s')
    .option('--once', 'look once; rates need two looks and are left out')
    .action((options: TopOptions) => top(options, ports))
}

/** How one run shows what it sees. */
interface View {
  readonly reading: (reading: NodeReading, before: NodeReading | null) => void
  /** Undefined where a silent node is an error. */
  readonly silence?: (trouble: string, sinceMs: number) => void
}

/** @throws NodeError as {@link readNode} where nobody watches a terminal */
async function top(options: TopOptions, ports: TopPorts): Promise<void> {
  const everyMs = parseDurationMs(options.every)
  if (everyMs < EVERY_MIN_MS) throw usage(`--every: at least ${EVERY_MIN_MS}ms`)
  const access = await readAccess(options, ports)
  const metricsAt = await metricsPlace(options, ports)
  const look = (signal?: AbortSignal): Promise<NodeReading> =>
    readNode({ ...access, signal }, metricsAt, Date.now)
  const view = chooseView(options, ports, access)
  if (options.once === true) return view.reading(await look(), null)
  const watching = new Watching(ports)
  try {
    await watch(look, view, { everyMs, watching })
  } finally {
    watching.end()
  }
}

async function watch(
  look: (signal: AbortSignal) => Promise<NodeReading>,
  view: View,
  { everyMs, watching }: { readonly everyMs: number; readonly watching: Watching }
): Promise<void> {
  let before: NodeReading | null = null
  let heardAtMs = Date.now()
  while (!watching.isOver) {
    const outcome = await watching.orOver(look(watching.signal).catch(troubleOf))
    if (outcome === undefined) return
    if (outcome instanceof NodeError) {
      if (view.silence === undefined) throw outcome
      view.silence(outcome.message, Date.now() - heardAtMs)
    } else {
      view.reading(outcome, before)
      before = outcome
      heardAtMs = outcome.atMs
    }
    await watching.pause(everyMs)
  }
}

/** A node that is away may come back; a command line that cannot be meant stays so. */
function troubleOf(error: unknown): NodeError {
  if (error instanceof NodeError && error.code !== 'USAGE_WRONG') return error
  throw error
}

function chooseView(
  { json, once }: TopOptions,
  { stdout, environment }: TopPorts,
  { url }: NodeAccess
): View {
  if (json === true)
    return {
      reading: (now, before) => void stdout.write(`${JSON.stringify(figuresOf(now, before))}\n`)
    }
  const paint = picocolors.createColors(isColoured(stdout, environment))
  const isWindow = stdout.isTTY === true && environment['TERM'] !== 'dumb'
  if (once === true || !isWindow)
    return {
      reading: (now, before) => {
        const lines = drawFigures(figuresOf(now, before), PLAIN, paint)
        stdout.write(`${lines.join('\n')}\n${once === true ? '' : '\n'}`)
      }
    }
  return {
    reading: (now, before) =>
      drawOver(stdout, (size) => drawFigures(figuresOf(now, before), size, paint), paint),
    silence: (trouble, sinceMs) =>
      drawOver(stdout, (size) => drawSilence({ url, trouble, sinceMs }, size, paint), paint)
  }
}

/** Draws over what stood there, line by line, so that nothing flickers; the last line names the key. */
function drawOver(
  stdout: OutputStream,
  draw: (size: ScreenSize) => readonly string[],
  paint: Paint
): void {
  const { columns = COLUMNS_DEFAULT, rows = ROWS_DEFAULT } = stdout
  const lines = draw({ columns: columns - 1, rows: Math.max(1, rows - 1) })
  const text = [...lines, paint.dim('q to quit')].map((line) => `${line}${ERASE_LINE}`).join('\r\n')
  stdout.write(`${HOME}${text}${ERASE_BELOW}`)
}

/** The settings are those of the own node: of another one they say nothing. */
async function metricsPlace(options: TopOptions, ports: TopPorts): Promise<string | null> {
  if (options.metricsUrl !== undefined) return options.metricsUrl
  if (options.url !== undefined && options.config === undefined) return null
  return metricsUrl((await readSettings(options, ports)).config)
}
