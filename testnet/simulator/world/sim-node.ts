/**
 * One simulated node: its keys and its disk, and the processes that come and go on them.
 *
 * @module
 */

import { NodeError } from '../../../node/errors.ts'
import type { Replica } from '../../../node/replica.ts'
import { type Electorate, fromHex } from '../../../protocol/index.ts'
import { createHands } from '../adversaries/hands.ts'
import type { Hands, Vice } from '../adversaries/vice.ts'
import { NodeNetwork } from '../virtual/node-network.ts'
import { type ClockError, createVirtualClock } from '../virtual/virtual-clock.ts'
import type { VirtualDisk } from '../virtual/virtual-disk.ts'
import type { Founding } from './founding.ts'
import { NodeStorage, type OpenStorage } from './node-storage.ts'
import { stopInOrder } from './orderly-stop.ts'
import type { SnapshotPlan } from './plan.ts'
import { createQuietLog, ignore } from './quiet-log.ts'
import type { Ending, SimNodeOptions, SimNodePorts } from './sim-node-ports.ts'
import { openSimReplica } from './sim-replica.ts'
import { SimVoteKeys } from './sim-vote-keys.ts'

interface Life {
  isAlive: boolean
  /** It stops in good order: what fails meanwhile is told by the stop itself. */
  isStopping: boolean
  network: NodeNetwork
  replica: Replica | null
  storage: OpenStorage | null
  hands: Hands
}

/** A node of the world. */
export class SimNode {
  readonly index: number
  readonly clockError: ClockError
  readonly vice: Vice | null
  /** Set to end the process at the k-th write or send from now on. */
  pointsLeft: number = Number.POSITIVE_INFINITY
  /** Writes and sends so far. */
  points = 0
  /** Why it does not come up; null while it can. */
  refusal: string | null = null
  readonly #founding: Founding
  readonly #snapshots: SnapshotPlan | null
  readonly #storage: NodeStorage
  readonly #ports: SimNodePorts
  #life: Life | null = null
  readonly voteKeys: SimVoteKeys
  #starts = 0

  constructor(options: SimNodeOptions, ports: SimNodePorts) {
    this.index = options.index
    this.vice = options.vice
    this.clockError = options.clockError
    this.#founding = options.founding
    this.#snapshots = options.snapshots
    this.#ports = ports
    this.#storage = new NodeStorage(options.index, ports.diskDice)
    ports.network.name(this.index, this.key)
    this.voteKeys = new SimVoteKeys(
      { identityKey: fromHex(this.key) as Uint8Array, firstSeed: this.#keys.voteSeed },
      (message, signature) => ports.observer.onSigned(this.index, message, signature)
    )
  }

  /** Lower-case hex of its member id. */
  get key(): string {
    return this.#keys.key
  }

  /** Whether it keeps the rules. */
  get isHonest(): boolean {
    return this.vice === null
  }

  /** Its parts while it is up. */
  get replica(): Replica | null {
    return this.#life?.isAlive === true ? this.#life.replica : null
  }

  /** Whether a process runs, be it that it is still opening. */
  get isUp(): boolean {
    return this.#life?.isAlive === true
  }

  /** Its disk. */
  get disk(): VirtualDisk {
    return this.#storage.disk
  }

  /** The operator repairs its disk; false when it was the vote log: this key never votes again. */
  repair(): boolean {
    return this.#storage.repair()
  }

  /** What nobody caught ends the process, as it ends the daemon. */
  endBy(error: unknown): void {
    if (this.#life !== null) this.#end(this.#life, error)
  }

  /** Where a database lies on its disk. */
  path(name: 'ledger' | 'sign'): string {
    return this.#storage.path(name)
  }

  /** Starts a process. */
  start(): void {
    if (this.#life?.isAlive === true) return
    const life = this.#createLife()
    this.#life = life
    this.refusal = null
    this.#open(life).catch((error) => this.#end(life, error))
  }

  /** Ends the process, as it stands. */
  crash(ending: Ending): void {
    if (this.#life !== null) this.#life.isAlive = false
    if (ending === 'power') this.disk.cutPower()
    else this.disk.settleAll()
    this.#ports.network.detach(this.index)
    this.#ports.observer.onDown(this.index, ending)
  }

  /** Whoever is seated, as far as this node knows. */
  get electorate(): Electorate {
    return this.replica?.electorate ?? this.#founding.electorate
  }

  get #keys(): Founding['members'][number] {
    return this.#founding.members[this.index] as Founding['members'][number]
  }

  #createLife(): Life {
    const life = {
      isAlive: true,
      isStopping: false,
      replica: null,
      storage: null
    } as unknown as Life
    life.network = this.#createNetwork(life)
    life.hands = this.#createHands(life)
    return life
  }

  #createNetwork(life: Life): NodeNetwork {
    const { network, time, observer } = this.#ports
    return new NodeNetwork(this.key, this.index, {
      network,
      nowMs: time.nowMs,
      agenda: time.agenda,
      isAlive: () => life.isAlive,
      isMember: (key) => this.electorate.indexOf.has(key),
      point: () => this.#pass(life),
      onSend: (protocol, to, message) => {
        observer.onSend(this.index, protocol, message)
        return this.vice?.send?.(life.hands, { protocol, to, message }) ?? [message]
      },
      onLeave: (protocol, to, message) => observer.onLeave(this.index, protocol, to, message),
      onReceive: (protocol, from, message) =>
        this.vice?.hear?.(life.hands, { protocol, from, message }) ?? true,
      onAnswer: (protocol, request, answer) => {
        if (this.vice?.answer === undefined) return answer
        return this.vice.answer(life.hands, { protocol, request, answer })
      },
      onPenalty: (peer, reason) => observer.onPenalty(this.index, peer, reason)
    })
  }

  /** Each write and each send passes here; the plan may end the process at any of them. */
  #pass(life: Life): void {
    this.points++
    if (!life.isAlive || --this.pointsLeft > 0) return
    this.pointsLeft = Number.POSITIVE_INFINITY
    life.isAlive = false
    const { agenda, nowMs } = this.#ports.time
    agenda.enter(nowMs(), () => this.crash('power'))
  }

  async #open(life: Life): Promise<void> {
    const storage = await this.#openStorage(life)
    life.storage = storage
    const { identitySeed } = this.#keys
    const { observer, mark } = this.#ports
    const replica = await openSimReplica(
      {
        founding: this.#founding,
        identitySeed,
        snapshots: this.#snapshots,
        instance: ++this.#starts
      },
      {
        clock: this.#createClock(life),
        network: life.network,
        storage,
        voteKeys: this.voteKeys,
        log: createQuietLog({
          onAlarm: (code) => observer.onAlarm(this.index, code),
          // What liars make of their own ledgers proves nothing.
          onMark: this.isHonest ? mark : ignore
        }),
        onInstalled: () => this.#goOn(life),
        fail: (error) => this.#fail(life, error)
      }
    )
    if (!life.isAlive) return
    life.replica = replica
    await replica.start()
    observer.onUp(this.index)
    this.vice?.start?.(life.hands)
  }

  #openStorage(life: Life): Promise<OpenStorage> {
    const { time, observer } = this.#ports
    return this.#storage.open(
      { isForgotten: this.vice?.isAmnesiac === true },
      {
        wait: (delayMs) =>
          new Promise((resolve) => void time.agenda.enter(time.nowMs() + delayMs, resolve)),
        point: () => this.#pass(life),
        isAlive: () => life.isAlive,
        onSynced: (path, changes) => observer.onSynced(this.index, path, changes),
        onWriteFailure: (error) => this.#fail(life, error)
      }
    )
  }

  /** A ledger is built from a snapshot: as the daemon does, the node stops, and starts on it. */
  #goOn(life: Life): void {
    const { time, observer } = this.#ports
    time.agenda.enter(time.nowMs(), () => {
      if (!life.isAlive || life.isStopping) return
      life.isStopping = true
      stopInOrder(life, {
        time,
        onStopped: () => {
          if (!life.isAlive) return
          life.isAlive = false
          observer.onDown(this.index, 'snapshot')
          this.start()
        },
        onLate: () => {
          if (life.isAlive) this.crash('kill')
        },
        onFailure: (error) => this.#end(life, error)
      })
    })
  }

  #createClock(life: Life): ReturnType<typeof createVirtualClock> {
    return createVirtualClock(this.#ports.time, this.clockError, () => life.isAlive)
  }

  #createHands(life: Life): Hands {
    const { viceDice: dice, mark } = this.#ports
    return createHands({
      index: this.index,
      founding: this.#founding,
      voteKeys: this.voteKeys,
      dice,
      clock: this.#createClock(life),
      life,
      mark: (trick) => {
        const name = this.vice?.name ?? ''
        mark(`vice:${name}`)
        mark(`vice:${name}/${trick}`)
      }
    })
  }

  /** What fails while a node stops in good order changes nothing about it; a bug is one at any time. */
  #fail(life: Life, error: unknown): void {
    if (!life.isStopping || !(error instanceof NodeError)) this.#end(life, error)
  }

  /** The process cannot go on: by the world's trouble, which is expected, or by a bug of ours. */
  #end(life: Life, error: unknown): void {
    if (!life.isAlive) return
    life.isAlive = false
    this.refusal = error instanceof NodeError ? error.code : 'OWN_BUG'
    if (this.refusal === 'OWN_BUG') this.#ports.onBug(this.index, error)
    const { agenda, nowMs } = this.#ports.time
    agenda.enter(nowMs(), () => {
      this.disk.settleAll()
      this.#ports.network.detach(this.index)
      this.#ports.observer.onDown(this.index, this.refusal ?? 'OWN_BUG')
    })
  }
}
