/**
 * One node of a testnet as a process of the operating system: started, watched, stopped, killed.
 *
 * The process leads a group of its own, so that a Ctrl-C in the terminal reaches the testnet alone
 * and it decides how its nodes end. A guard ends the group if the testnet itself is killed.
 *
 * @module
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { NodeError } from '../../node/errors.ts'
import { invariant } from '../../protocol/index.ts'
import { LineLog } from './line-log.ts'
import { LineSplitter } from './line-splitter.ts'
import { guardProcessGroup } from './orphan-guard.ts'
import { endLeftover, removePidFile, writePidFile } from './pid-file.ts'
import { signalProcessGroup } from './signal.ts'

const READY_MARK = 'READY '
const READY_DEADLINE_MS = 30_000
// The daemon itself takes up to 30 s to stop in order.
const STOP_DEADLINE_MS = 35_000
const PIPE_DEADLINE_MS = 1000

/** Which process is a node, and how long its steps may take. */
export interface NodeProcessOptions {
  /** For messages: `Stockholm 2`. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Keeps `node.log` and `node.pid`; made when missing. */
  readonly folder: string
  /** Added to the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>
  readonly readyDeadlineMs?: number
  readonly stopDeadlineMs?: number
}

/** What a node's process tells. */
export interface NodeProcessPorts {
  readonly onLine: (line: NodeLine) => void
  readonly onExit: (exit: NodeExit) => void
  /** The log could not be written, or the like; the node itself goes on. */
  readonly onTrouble: (error: NodeError) => void
}

/** One line that a node wrote. */
export interface NodeLine {
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

/** How a node ended. */
export interface NodeExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Whether we asked for it. */
  readonly asked: boolean
}

/** What a node's process is doing. */
export type NodeProcessState = 'stopped' | 'starting' | 'ready' | 'paused' | 'stopping'

type Child = ChildProcessByStdio<null, Readable, Readable>

interface Run {
  readonly child: Child
  readonly pid: number
  readonly log: LineLog
  readonly exit: Promise<NodeExit>
  onReady: (line: string) => void
  ready: boolean
  paused: boolean
  asked: boolean
  lastLine: string
}

/** One node's process; it may be started again after it ended. */
export class NodeProcess {
  readonly #options: NodeProcessOptions
  readonly #ports: NodeProcessPorts
  #run: Run | undefined
  #launching = false
  #abandoned = false

  constructor(options: NodeProcessOptions, ports: NodeProcessPorts) {
    this.#options = options
    this.#ports = ports
  }

  /** The process id while it runs. */
  get pid(): number | undefined {
    return this.#run?.pid
  }

  /** What the process is doing now. */
  get state(): NodeProcessState {
    const run = this.#run
    if (run === undefined) return this.#launching ? 'starting' : 'stopped'
    if (run.asked) return 'stopping'
    if (run.paused) return 'paused'
    return run.ready ? 'ready' : 'starting'
  }

  /** Where the node's lines are kept. */
  get logPath(): string {
    return join(this.#options.folder, 'node.log')
  }

  /**
   * Starts the process and waits until it says that it is ready.
   *
   * @returns its READY line
   * @throws {@link NodeError} NODE_NOT_READY when it ends first, takes too long or cannot be run
   */
  async start(): Promise<string> {
    invariant(this.state === 'stopped', 'a node is started only when it is stopped')
    this.#launching = true
    this.#abandoned = false
    try {
      await mkdir(this.#options.folder, { recursive: true, mode: 0o700 })
      await endLeftover(this.#options.folder)
      return await this.#launch()
    } finally {
      this.#launching = false
    }
  }

  /** Asks the process to end in order and kills it when it does not; undefined if none runs. */
  async stop(): Promise<NodeExit | undefined> {
    const run = this.#run
    this.#abandoned = true
    if (run === undefined) return undefined
    run.asked = true
    signalProcessGroup(run.pid, 'SIGTERM')
    // A paused process hears of it only when it goes on.
    signalProcessGroup(run.pid, 'SIGCONT')
    const deadline = setTimeout(
      () => signalProcessGroup(run.pid, 'SIGKILL'),
      this.#options.stopDeadlineMs ?? STOP_DEADLINE_MS
    )
    const exit = await run.exit
    clearTimeout(deadline)
    return exit
  }

  /** Ends the process as a power cut would; undefined if none runs. */
  async kill(): Promise<NodeExit | undefined> {
    const run = this.#run
    this.#abandoned = true
    if (run === undefined) return undefined
    run.asked = true
    signalProcessGroup(run.pid, 'SIGKILL')
    return await run.exit
  }

  /** Freezes the process with its connections open. Returns whether one runs. */
  pause(): boolean {
    if (this.#run === undefined || this.#run.asked) return false
    this.#run.paused = signalProcessGroup(this.#run.pid, 'SIGSTOP')
    return this.#run.paused
  }

  /** Lets a frozen process go on. Returns whether one was frozen. */
  resume(): boolean {
    if (this.#run === undefined || !this.#run.paused) return false
    this.#run.paused = false
    return signalProcessGroup(this.#run.pid, 'SIGCONT')
  }

  async #launch(): Promise<string> {
    if (this.#abandoned) throw this.#notReady('was stopped before it was started')
    const log = new LineLog({ path: this.logPath }, { onTrouble: this.#ports.onTrouble })
    const { command, args, environment } = this.#options
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment }
    })
    const failed = new Promise<never>((_, reject) =>
      child.once('error', (cause) => reject(this.#notReady(`cannot be run: ${command}`, cause)))
    )
    // Errors after the start say that a signal could not be sent, which the signals here tell
    // by themselves.
    failed.catch(() => {})
    if (child.pid === undefined) {
      await log.close()
      return await failed
    }
    const run = this.#attach(child, child.pid, log)
    const ready = this.#readyLine(run)
    // Should the process end while its id is written, the wait below still tells.
    ready.catch(() => {})
    await writePidFile(this.#options.folder, run.pid)
    return await ready
  }

  #attach(child: Child, pid: number, log: LineLog): Run {
    const guard = guardProcessGroup(pid)
    const exit = new Promise<NodeExit>((resolve) => {
      child.once('exit', (code, signal) => {
        guard.dismiss()
        this.#settle(run)
          .catch((cause) => this.#ports.onTrouble(this.#notReady('left its pid file', cause)))
          .finally(() => {
            this.#run = undefined
            const told = { code, signal, asked: run.asked }
            this.#ports.onExit(told)
            resolve(told)
          })
      })
    })
    const run: Run = {
      child,
      pid,
      log,
      exit,
      onReady: () => {},
      ready: false,
      paused: false,
      asked: false,
      lastLine: ''
    }
    this.#run = run
    this.#listen(run, 'stdout')
    this.#listen(run, 'stderr')
    return run
  }

  #listen(run: Run, stream: NodeLine['stream']): void {
    const splitter = new LineSplitter()
    const tell = (lines: readonly string[]): void => {
      for (const text of lines) {
        run.lastLine = text
        run.log.append(text)
        this.#ports.onLine({ stream, text })
        if (!text.startsWith(READY_MARK)) continue
        run.ready = true
        run.onReady(text)
      }
    }
    run.child[stream].on('data', (bytes: Buffer) => tell(splitter.push(bytes)))
    run.child[stream].on('end', () => tell(splitter.end()))
  }

  async #readyLine(run: Run): Promise<string> {
    const deadlineMs = this.#options.readyDeadlineMs ?? READY_DEADLINE_MS
    let late = false
    const deadline = setTimeout(() => {
      late = true
      signalProcessGroup(run.pid, 'SIGKILL')
    }, deadlineMs)
    const line = new Promise<string>((resolve) => {
      run.onReady = resolve
    })
    const first = await Promise.race([line, run.exit])
    clearTimeout(deadline)
    if (typeof first === 'string') return first
    const how = late
      ? `was not ready within ${deadlineMs} ms`
      : `ended with ${first.signal ?? `exit code ${first.code}`} before it was ready`
    throw this.#notReady(`${how}${run.lastLine === '' ? '' : `: ${run.lastLine}`}`)
  }

  async #settle({ child, pid, log }: Run): Promise<void> {
    // What it may have started ends with it, and with that its pipes.
    signalProcessGroup(pid, 'SIGKILL')
    if (!(child.stdout.closed && child.stderr.closed)) {
      // Unless something left for a group of its own and holds them still.
      const pipes = setTimeout(() => {
        child.stdout.destroy()
        child.stderr.destroy()
      }, PIPE_DEADLINE_MS)
      await new Promise<void>((resolve) => child.once('close', () => resolve()))
      clearTimeout(pipes)
    }
    await log.close()
    await removePidFile(this.#options.folder)
  }

  #notReady(what: string, cause?: unknown): NodeError {
    return new NodeError(
      'NODE_NOT_READY',
      `${this.#options.name} ${what} (see ${this.logPath})`,
      cause === undefined ? {} : { cause }
    )
  }
}
