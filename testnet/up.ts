/**
 * `testnet up`: a whole network on this machine, from nothing or from where it was left.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { GenesisDocument } from '../config/index.ts'
import { readBorn } from '../node/cli/device-folder.ts'
import { NodeError } from '../node/errors.ts'
import { isPeerKey, peerIdOf } from '../node/network/peer-key.ts'
import { genesisHashOf } from '../protocol/index.ts'
import { Cluster, type ClusterNode } from './cluster/cluster.ts'
import { countSeats, type NodeView, readView } from './cluster/node-api.ts'
import { openControl } from './control.ts'
import { Fleet, OWN_DEVICE } from './fleet/fleet.ts'
import { quantile } from './fleet/fleet-record.ts'
import { type PreparedTestnet, prepareTestnet, type WantedTestnet } from './founding/prepare.ts'
import { createHandlers } from './handlers.ts'
import { deviceFolder, genesisPath } from './home.ts'
import { liveLine } from './report/live-line.ts'
import { joinedLine, readyBlock } from './report/ready-block.ts'
import { summaryLines, sumUp } from './report/summary.ts'
import { Terminal, type TerminalPorts } from './report/terminal.ts'
import { near, shortened } from './report/text.ts'
import { settleable } from './settleable.ts'
import { listenToStop } from './stop-signals.ts'

/** What `up` is asked for. */
export interface UpOptions extends WantedTestnet {
  readonly home: string
  /** Whether the home was named, so that printed commands have to name it too. */
  readonly isHomeNamed: boolean
  readonly devices: number
  /** Messages a second of each device. */
  readonly rate: number
  readonly isHeadless: boolean
  /** Without it the testnet runs until it is stopped. */
  readonly forMs: number | undefined
  readonly isJson: boolean
}

/** What `up` needs of the process. */
export interface UpPorts extends TerminalPorts {
  readonly onSignal: (signal: NodeJS.Signals, listener: () => void) => void
  readonly exit: (code: number) => never
  readonly onBug: (error: unknown) => void
}

/** What there is to be closed, as far as it has come. */
interface Parts {
  testnet?: PreparedTestnet
  cluster?: Cluster
  fleet?: Fleet
}

/** Everything that runs. */
interface Running {
  readonly testnet: PreparedTestnet
  readonly cluster: Cluster
  readonly fleet: Fleet
}

/** Why a run ends. */
type Ending = 'asked' | 'time'

const JOIN_WAIT_MS = 20_000
const JOIN_POLL_MS = 200
const LIVE_MS = 1_000
const PLAIN_LIVE_MS = 10_000
const WINDOW_MS = 10_000
const EXIT_UNEQUAL = 1

/**
 * Runs a testnet until it is stopped or its time is over.
 *
 * @returns the exit code
 * @throws {@link NodeError} when it cannot be brought up
 */
export async function up(options: UpOptions, ports: UpPorts): Promise<number> {
  const terminal = new Terminal(options, ports)
  const ending = settleable<Ending>()
  const stopped = settleable<undefined>()
  const parts: Parts = {}
  const handlers = createHandlers({
    cluster: () => parts.cluster,
    stop: () => {
      ending.resolve('asked')
      return stopped.promise.then(() => undefined)
    },
    note: (text) => terminal.say(text)
  })
  const control = await openControl(options.home, { handlers, onBug: ports.onBug })
  listenToStop({
    ...ports,
    say: (line) => terminal.say(line),
    ask: () => ending.resolve('asked'),
    kill: () => parts.cluster?.close('kill') ?? Promise.resolve()
  })
  let answer: unknown
  try {
    const run = new Run({ options, terminal, ports, asked: ending.promise, parts })
    const summary = await run.live(() => ending.resolve('time'))
    if (summary === undefined) return 0
    for (const line of summaryLines(summary)) terminal.say(line)
    answer = summary
    return summary.rootsEqual && summary.lost === 0 ? 0 : EXIT_UNEQUAL
  } finally {
    await parts.fleet?.close()
    await parts.cluster?.close('stop')
    await parts.testnet?.reservation.releaseAll()
    stopped.resolve(undefined)
    await control.close()
    terminal.say('Stopped; everything is kept.')
    if (options.isJson && answer !== undefined) terminal.answer(answer)
  }
}

interface RunOptions {
  readonly options: UpOptions
  readonly terminal: Terminal
  readonly ports: UpPorts
  /** Resolves when the run shall end. */
  readonly asked: Promise<Ending>
  /** Filled while it comes up, so that whatever there is can be closed. */
  readonly parts: Parts
}

class Run {
  readonly #run: RunOptions
  #isOver = false

  constructor(run: RunOptions) {
    this.#run = run
  }

  /** From nothing to the end; what it gives back is undefined when nothing was asked to be summed up. */
  async live(end: () => void): Promise<Awaited<ReturnType<typeof sumUp>> | undefined> {
    const { options, asked, terminal } = this.#run
    const starting = this.#start()
    const started = await Promise.race([starting, asked])
    if (started === undefined || typeof started === 'string') {
      await this.#giveUp(starting)
      return undefined
    }
    const { running, startHeight } = started
    running.fleet.start()
    const startedAtMs = performance.now()
    const ticker = setInterval(
      () => {
        this.#tick(running, startedAtMs).catch(this.#run.ports.onBug)
      },
      terminal.isLive ? LIVE_MS : PLAIN_LIVE_MS
    )
    const timer = options.forMs === undefined ? undefined : setTimeout(end, options.forMs)
    const ending = await asked
    clearInterval(ticker)
    clearTimeout(timer)
    const seconds = (performance.now() - startedAtMs) / 1000
    if (ending === 'asked' && !options.isJson) return undefined
    return await sumUp({ ...running, startHeight, seconds })
  }

  /** Stopped while it came up: what is under way ends before anything is closed. */
  async #giveUp(starting: Promise<unknown>): Promise<void> {
    this.#isOver = true
    await this.#run.parts.cluster?.close('stop')
    // Whatever failed now failed because its nodes were stopped.
    await starting.catch(() => undefined)
  }

  /** Undefined when it was stopped meanwhile. */
  async #start(): Promise<{ readonly running: Running; readonly startHeight: number } | undefined> {
    const { options, terminal, ports, parts } = this.#run
    const { home, devices, rate } = options
    const testnet = await prepareTestnet(home, options, Date.now())
    parts.testnet = testnet
    if (this.#isOver) return undefined
    terminal.say(
      testnet.isNew
        ? `A new testnet in ${near(home)}: keys, genesis and data folders are made.`
        : `The testnet in ${near(home)} goes on where it was.`
    )
    const cluster = new Cluster(testnet, {
      onCrash: (node, { code, signal }, logPath) =>
        terminal.say(
          `${node.name} ended by itself, ${signal ?? `exit code ${code}`}: see ${near(logPath)}`
        ),
      onTrouble: (error) => terminal.say(error.message)
    })
    parts.cluster = cluster
    await cluster.open()
    if (this.#isOver) return undefined
    const views = await Promise.all(cluster.nodes.map((node) => this.#join(cluster, node)))
    const fleet = new Fleet(
      { testnet, devices, rate },
      {
        nowMs: () => performance.now(),
        random: Math.random,
        note: (text) => terminal.say(text),
        onBug: ports.onBug
      }
    )
    parts.fleet = fleet
    const startHeight = Math.max(...views.map(({ height }) => height))
    const registered = await fleet.register()
    await this.#sayReady(testnet, registered)
    return { running: { testnet, cluster, fleet }, startHeight }
  }

  async #join(cluster: Cluster, { node, url }: ClusterNode): Promise<NodeView> {
    const { terminal } = this.#run
    await cluster.startNode(node.index)
    const members = cluster.nodes.filter((other) => other.node.role === 'member').length
    const wanted = node.role === 'member' ? members - 1 : 1
    const endMs = performance.now() + JOIN_WAIT_MS
    let view = await readView(url)
    while (view?.state !== 'ready' || view.peers < wanted) {
      if (performance.now() > endMs) break
      await sleep(JOIN_POLL_MS)
      view = await readView(url)
    }
    if (view === undefined)
      throw new NodeError('NODE_NOT_READY', `${node.name} does not answer at ${url}`)
    const { peers, height, state, nodeId } = view
    const shortId = isPeerKey(nodeId) ? shortened(peerIdOf(nodeId).toString()) : nodeId
    const nameWidth = Math.max(...cluster.nodes.map((other) => other.node.name.length))
    terminal.say(joinedLine({ node, shortId, peers, height, state }, nameWidth, terminal.paint))
    return view
  }

  async #sayReady(testnet: PreparedTestnet, registered: number): Promise<void> {
    const { options, terminal } = this.#run
    const { home, isHomeNamed, devices, rate } = options
    const view = await this.#anyView()
    const folder = deviceFolder(home, OWN_DEVICE)
    const born = await readBorn(folder)
    const lines = readyBlock(
      {
        nodes: testnet.registry.nodes,
        regions: testnet.regions,
        height: view?.height ?? 0,
        stateRoot: view?.stateRoot ?? '',
        devices,
        rate,
        registered,
        commands: {
          thingmoot: `node ${near(entry('../node/main.js'))}`,
          testnet: `node ${near(entry('./main.js'))}`
        },
        home: near(home),
        genesis: near(genesisPath(home)),
        ownDevice: { folder: near(folder), id: born?.deviceId ?? '' },
        networkId: testnet.genesis.networkId,
        invitation: invitationTo(testnet.genesis, born?.deviceId ?? ''),
        homeOption: isHomeNamed ? ` --home ${near(home)}` : ''
      },
      terminal.paint
    )
    for (const line of lines) terminal.say(line)
  }

  async #tick({ fleet, testnet }: Running, startedAtMs: number): Promise<void> {
    const view = await this.#anyView()
    const nowMs = performance.now()
    const latencies = fleet.record.latenciesSince(nowMs - WINDOW_MS)
    const line = liveLine({
      view,
      members: (await this.#ask(countSeats)) ?? testnet.memberNodes.size,
      missing: (view?.missingMembers ?? []).map(
        (id) => testnet.memberNodes.get(id)?.name ?? id.slice(0, 8)
      ),
      finalPerSecond: (1000 * latencies.length) / Math.min(WINDOW_MS, nowMs - startedAtMs),
      p50FinalMs: quantile(latencies, 0.5),
      pending: fleet.pendingCount,
      nowMs: Date.now()
    })
    this.#run.terminal.show(line)
  }

  /** How the first node that answers sees the ledger. */
  #anyView(): Promise<NodeView | undefined> {
    return this.#ask(readView)
  }

  async #ask<Answer>(
    read: (url: string) => Promise<Answer | undefined>
  ): Promise<Answer | undefined> {
    for (const { url, state } of this.#run.parts.cluster?.nodes ?? []) {
      const answer = state() === 'ready' ? await read(url) : undefined
      if (answer !== undefined) return answer
    }
    return undefined
  }
}

/** What the phone page reads: the genesis that it shall trust, and the device. */
function invitationTo(genesis: GenesisDocument, deviceId: string): string {
  const device = Buffer.from(deviceId, 'hex').toString('base64url')
  return `${Buffer.from(genesisHashOf(genesis)).toString('base64url')}.${device}`
}

function entry(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}
