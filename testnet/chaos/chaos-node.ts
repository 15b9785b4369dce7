/**
 * One node of a network under chaos: everything that can be done to its process.
 *
 * @module
 */

import { fileURLToPath } from 'node:url'
import type { Cluster } from '../cluster/cluster.ts'
import { type NodeView, readView } from '../cluster/node-api.ts'
import type { NodeExit } from '../cluster/node-process.ts'
import { settingsPath } from '../home.ts'
import type { LiveNode } from '../live/live-net.ts'
import { isErrorLine, readLogLines } from './node-log.ts'
import { expect, RowFailure } from './row.ts'
import { type CommandEnd, runCommand } from './run-command.ts'
import { type Waited, waitUntil, within } from './waiting.ts'

/** What a node is driven by. */
export interface ChaosNodePorts {
  readonly cluster: Cluster
  readonly home: string
  /** Takes the next end of this node that nobody has taken yet, if it ended by itself. */
  readonly takeEnd: (slug: string) => NodeExit | undefined
  /** Its vote log is read before each start, which makes LevelDB forget. */
  readonly beforeStart: (index: number) => Promise<void>
}

/** How a node that was to start ended instead. */
export interface Refusal {
  readonly code: number | null
  readonly lines: readonly string[]
}

const MAIN = fileURLToPath(new URL('../../node/main.js', import.meta.url))
const START_MAX_MS = 40_000
const KILL_MAX_MS = 20_000
/** How soon a node has to be back after a crash. */
const BACK_MAX_MS = 20_000

/** One node. */
export class ChaosNode {
  readonly index: number
  readonly slug: string
  readonly url: string
  readonly dataFolder: string
  readonly memberId: string
  readonly metricsUrl: string
  readonly #node: LiveNode
  readonly #ports: ChaosNodePorts
  readonly #expected: RegExp[] = []

  constructor(node: LiveNode, ports: ChaosNodePorts) {
    this.index = node.index
    this.slug = node.slug
    this.url = node.url
    this.dataFolder = node.dataFolder
    this.memberId = node.memberId ?? ''
    this.metricsUrl = `http://127.0.0.1:${node.ports.metrics}`
    this.#node = node
    this.#ports = ports
  }

  /** The process id while it runs. */
  get pid(): number | undefined {
    return this.#managed.pid()
  }

  /** Whether its process is there, frozen or not. */
  get isUp(): boolean {
    return this.pid !== undefined
  }

  /** How many lines it has logged: a place to read on from. */
  get logMark(): number {
    return readLogLines(this.#node.logPath).length
  }

  /** How it sees itself; undefined when it does not answer. */
  view(): Promise<NodeView | undefined> {
    return readView(this.url)
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    await within(`${this.slug} to be killed`, KILL_MAX_MS, this.#ports.cluster.kill([this.slug]))
  }

  /** Freezes it with its connections open. */
  pause(): void {
    expect(this.#ports.cluster.pause([this.slug]).length === 1, `${this.slug} could not be frozen`)
  }

  /** Lets it go on. */
  async resume(): Promise<void> {
    await this.#ports.cluster.heal([this.slug])
  }

  /** Asks it to end in order, and waits until it has. */
  async terminate(withinMs: number): Promise<Waited<NodeExit>> {
    expect(this.pid !== undefined, `${this.slug} is not running`)
    process.kill(this.pid, 'SIGTERM')
    return await this.awaitEnd(withinMs)
  }

  /** Waits until it ends by itself. */
  async awaitEnd(withinMs: number): Promise<Waited<NodeExit>> {
    return await waitUntil({
      what: `${this.slug} to end`,
      withinMs,
      pollMs: 20,
      ask: () => this.#ports.takeEnd(this.slug)
    })
  }

  /** Starts it and waits until it answers its users. */
  async start(): Promise<void> {
    await this.#ports.beforeStart(this.index)
    await within(
      `${this.slug} to start`,
      START_MAX_MS,
      this.#ports.cluster.startNode(this.index)
    ).catch((error) => {
      throw new RowFailure(error instanceof Error ? error.message : String(error))
    })
  }

  /** Starts it and expects that it refuses: by an exit code, or undefined when it runs after all. */
  async startRefused(): Promise<Refusal | undefined> {
    const mark = this.logMark
    await this.#ports.beforeStart(this.index)
    try {
      await within(`${this.slug} to start`, START_MAX_MS, this.#ports.cluster.startNode(this.index))
      return undefined
    } catch {
      // Why it refused stands in its log; that it did is told by its end.
      const { answer } = await this.awaitEnd(KILL_MAX_MS)
      return { code: answer.code, lines: this.linesSince(mark) }
    }
  }

  /** Waits until it says that it is ready. */
  async awaitReady(withinMs: number = BACK_MAX_MS): Promise<Waited<NodeView>> {
    return await this.awaitView('to be ready', withinMs, ({ state }) => state === 'ready')
  }

  /** Waits until it says of itself what is wanted. */
  async awaitView(
    what: string,
    withinMs: number,
    isWanted: (view: NodeView) => boolean
  ): Promise<Waited<NodeView>> {
    let last = 'nothing'
    return await waitUntil({
      what: `${this.slug} ${what}`,
      withinMs,
      ask: async () => {
        expect(this.isUp, `${this.slug} ended while it was waited for`)
        const view = await this.view()
        if (view !== undefined) last = `${view.state} at height ${view.height}: ${view.sentence}`
        return view !== undefined && isWanted(view) ? view : undefined
      },
      last: () => `it says: ${last}`
    })
  }

  /** What it has logged since a place. */
  linesSince(mark: number): readonly string[] {
    return readLogLines(this.#node.logPath).slice(mark)
  }

  /** Lines of level error like this one belong to the row. */
  expectError(pattern: RegExp): void {
    this.#expected.push(pattern)
  }

  /** Lines of level error that nobody expected. */
  unexpectedErrors(): readonly string[] {
    return readLogLines(this.#node.logPath).filter(
      (line) => isErrorLine(line) && !this.#expected.some((pattern) => pattern.test(line))
    )
  }

  /** Runs a command of the program with this node's settings, as its operator would. */
  program(...args: readonly string[]): Promise<CommandEnd> {
    const config = settingsPath(this.#ports.home, this.slug)
    return runCommand(process.execPath, [MAIN, ...args, '--config', config])
  }

  get #managed(): Cluster['nodes'][number] {
    return this.#ports.cluster.nodes[this.index] as Cluster['nodes'][number]
  }
}
