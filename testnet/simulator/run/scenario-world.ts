/**
 * The world of a scenario: nothing happens in it but what the script says.
 *
 * No client speaks, no operator repairs, and links take the same time always.
 *
 * @module
 */

import { usage } from '../../../node/cli/command.ts'
import type { Submission } from '../../../node/ledger-service.ts'
import type { FaultModel } from '../../../protocol/index.ts'
import type { SignedMessage } from '../../benchmarks/messages.ts'
import { VICE_NAMES } from '../adversaries/vices.ts'
import type { Checker } from '../checkers/checker.ts'
import { type WatchedWorld, watchWorld } from '../run-plan.ts'
import type { Directory } from '../virtual/directory.ts'
import type { SimNode } from '../world/sim-node.ts'
import type { World } from '../world/world.ts'
import { Transcript, type TranscriptLine } from './transcript.ts'

/** What the network is like. */
export interface SceneShape {
  weights: readonly number[]
  faultModel: FaultModel
  seed: number
  delayMs: number
}

const SLICE_MS = 10
const ANSWER_WITHIN_MS = 4_000
/** Lines that are kept for a script to ask for; what is older is forgotten. */
const LINES_MAX = 50_000
const VOTE = /^(?:NOTARISE|NULLIFY|FINALISE|proposes) /

/** One world that follows a script. */
export class ScenarioWorld {
  readonly shape: SceneShape = {
    weights: [1, 1, 1, 1],
    faultModel: 'byzantine',
    seed: 1,
    delayMs: 10
  }
  readonly #vices = new Map<number, string>()
  readonly #lines: TranscriptLine[] = []
  readonly #backups = new Map<number, Directory>()
  /** Nodes that were given an old disk: they must say so. */
  readonly #restored = new Set<number>()
  readonly #handedIn: SignedMessage[] = []
  readonly #spoken = new Map<number, number>()
  #watched: WatchedWorld | undefined

  /** The world; from the first use on its shape is fixed. */
  get world(): World {
    this.#watched ??= this.#create()
    return this.#watched.world
  }

  /** Makes a member a liar. */
  addVice(node: number, vice: string): void {
    if (this.#watched !== undefined) throw usage('a vice is named before anything happens')
    if (!VICE_NAMES.includes(vice)) throw usage(`there are ${VICE_NAMES.join(', ')}`)
    this.#vices.set(node, vice)
  }

  /** The nodes of a list like `n0,n2`, or all. */
  nodes(list: string | undefined): readonly SimNode[] {
    if (list === undefined) return this.world.nodes
    return list.split(',').map((name) => this.node(name))
  }

  /** A node by its name. */
  node(name: string | undefined): SimNode {
    const index = /^n(\d+)$/.exec(name ?? '')?.[1]
    const node = index === undefined ? undefined : this.world.nodes[Number(index)]
    if (node === undefined) throw usage(`"${name}" is no node`)
    return node
  }

  /** Lets time pass. */
  async run(forMs: number): Promise<void> {
    const { world } = this
    await world.runUntil(world.nowMs + forMs)
  }

  /** Lets time pass until something is so; false when it does not come in time. */
  async runUntil(isSo: () => boolean, withinMs: number): Promise<boolean> {
    const endMs = this.world.nowMs + withinMs
    while (!isSo() && this.world.nowMs < endMs) await this.run(SLICE_MS)
    return isSo()
  }

  /** Hands a message in and waits for the answer. */
  async submit(node: SimNode, message: SignedMessage): Promise<Submission | undefined> {
    const { replica } = node
    if (replica === null) return undefined
    let submission: Submission | undefined
    const asked = replica.service.submit(message.wire, 'simulated')
    // A node that ends in the middle of an answer has simply not answered.
    asked.then(
      (answer) => (submission = answer),
      () => undefined
    )
    await this.runUntil(() => submission !== undefined, ANSWER_WITHIN_MS)
    if (submission?.kind === 'taken') this.#handedIn.push(message)
    return submission
  }

  /** What the devices say next, in turn. */
  nextMessages(count: number): readonly SignedMessage[] {
    const { chains } = this.world.founding
    return Array.from({ length: count }, (_, at) => {
      const device = at % chains.length
      const place = this.#spoken.get(device) ?? 0
      this.#spoken.set(device, place + 1)
      const message = chains[device]?.[place]
      if (message === undefined) throw usage('the devices have nothing more to say')
      return message
    })
  }

  /** How many of all messages that were taken are not final on a node. */
  missingOn({ replica }: SimNode): number {
    if (replica === null) return this.#handedIn.length
    return this.#handedIn.filter(({ id }) => replica.archive.statusOf(id)?.stage !== 'final').length
  }

  /** How many messages were taken. */
  get taken(): number {
    return this.#handedIn.length
  }

  /** Keeps a copy of a disk, as a backup of a running machine does. */
  backUp(node: SimNode): void {
    this.#backups.set(node.index, node.disk.backUp())
  }

  /** Puts the copy in the place of what is on the disk. */
  restore(node: SimNode): void {
    const backup = this.#backups.get(node.index)
    if (backup === undefined) throw usage(`n${node.index} has no backup`)
    if (node.isUp) throw usage(`n${node.index} is up`)
    this.#restored.add(node.index)
    node.disk.restore(backup)
  }

  /** What was written down of a node, if it holds a text. */
  linesWith(node: number, text: string): readonly TranscriptLine[] {
    return this.#lines.filter((line) => line.node === node && line.text.includes(text))
  }

  /** Votes that a node has sent since it last came up. */
  votesSinceStart(node: number): number {
    const own = this.#lines.filter((line) => line.node === node)
    const start = own.findLastIndex(({ text }) => text === 'start')
    return own.slice(start + 1).filter(({ text }) => VOTE.test(text)).length
  }

  /** Asks the checkers what they ask at the end of every run. */
  judge(): void {
    const { world } = this
    this.#watched?.conduct.atEnd(world)
  }

  /** A rejection that nobody caught. */
  onRejection(error: unknown): void {
    this.world.onRejection(error)
  }

  #create(): WatchedWorld {
    const { weights, faultModel, seed, delayMs } = this.shape
    const transcript = new Transcript({
      world: () => this.world,
      keep: (line) => {
        this.#lines.push(line)
        if (this.#lines.length > LINES_MAX) this.#lines.splice(0, LINES_MAX / 2)
      }
    })
    const watched = watchWorld(
      {
        seed,
        weights,
        faultModel,
        vices: [...this.#vices].map(([node, vice]) => ({ node, vice })),
        baseMs: [delayMs, delayMs],
        tailMs: 0,
        clockOffsetsMs: [],
        driftsPpm: [],
        devices: 0,
        pauseMs: 0,
        churnMs: 0,
        snapshots: null,
        things: null,
        healMs: Number.POSITIVE_INFINITY,
        endMs: Number.POSITIVE_INFINITY,
        // Never brought about; it says that the weather is not fair.
        faults: [{ kind: 'clock-jump', atMs: 0, node: 0, byMs: 0 }]
      },
      [transcript]
    )
    forgive(watched.conduct, (node) => this.#restored.has(node))
    return watched
  }
}

/** Who was given an old disk must raise an alarm, and is not to blame for it. */
function forgive(
  conduct: Checker & { onAlarm(node: number, code: string): void },
  isForgiven: (node: number) => boolean
): void {
  const strict = conduct.onAlarm.bind(conduct)
  conduct.onAlarm = (node, code) => {
    if (!isForgiven(node)) strict(node, code)
  }
}
