/**
 * The clients of a simulated network: makers and devices that hand in what they have signed.
 *
 * They behave as real ones must: who is not answered asks another node, what is
 * not final for long is handed in again elsewhere, and every answer is kept.
 *
 * @module
 */

import type { Submission } from '../../../node/ledger-service.ts'
import { toHex } from '../../../protocol/index.ts'
import type { SignedMessage } from '../../benchmarks/messages.ts'
import type { Agenda } from '../virtual/agenda.ts'
import type { Dice } from '../virtual/dice.ts'
import type { SimNode } from './sim-node.ts'

/** Something that was handed in. */
export interface Told {
  readonly id: string
  readonly submittedAtMs: number
  /** By which node it was accepted durably; null for none. */
  readonly acceptedBy: number | null
  /** What an honest node said of it when it was final. */
  final: { readonly node: number; readonly height: number; readonly atMs: number } | null
}

/** What clients need from the world. */
export interface ClientsPorts {
  readonly nowMs: () => number
  readonly agenda: Agenda
  readonly dice: Dice
  readonly nodes: readonly SimNode[]
  /** Whether something is known to be final, be it that all nodes have forgotten it. */
  readonly isFinal: (id: string) => boolean
  /** An honest node said that it is durable in a batch. */
  readonly onAccepted: (node: number, id: string, receipt: Uint8Array) => void
  /** The maker and its devices are on the ledger. */
  readonly onFounded: () => void
  /** An honest node said that it is final. */
  readonly onFinal: (node: number, id: string, height: number) => void
}

/** How clients behave. */
export interface ClientsOptions {
  readonly steps: readonly (readonly SignedMessage[])[]
  readonly chains: readonly (readonly SignedMessage[])[]
  /** Mean pause between two messages of a device. */
  readonly pauseMs: number
  readonly devices: number
  /** Until when devices say anything new. */
  readonly untilMs: number
}

/** How long an answer is waited for. */
const PATIENCE_MS = 4_000
/** How long a message may take to be final before it is handed in elsewhere. */
const RESEND_MS = 4_000
/** Pause before the next try when no node took it. */
const RETRY_MS = 500

/** All clients of one run. */
export class Clients {
  readonly told: Map<string, Told> = new Map()
  readonly #options: ClientsOptions
  readonly #ports: ClientsPorts

  constructor(options: ClientsOptions, ports: ClientsPorts) {
    this.#options = options
    this.#ports = ports
  }

  /** Sets them going. */
  start(): void {
    void this.#founding()
  }

  /** What was handed in and has not been seen final. */
  get open(): readonly Told[] {
    return [...this.told.values()].filter(({ final }) => final === null)
  }

  /** Maker first, then the claims; then every device speaks for itself. */
  async #founding(): Promise<void> {
    for (const step of this.#options.steps) await Promise.all(step.map((one) => this.#bring(one)))
    this.#ports.onFounded()
    for (const chain of this.#options.chains.slice(0, this.#options.devices))
      void this.#speak(chain)
  }

  async #speak(chain: readonly SignedMessage[]): Promise<void> {
    const { dice, nowMs } = this.#ports
    for (const message of chain) {
      await this.#wait(dice.between(0, 2 * this.#options.pauseMs))
      if (nowMs() > this.#options.untilMs) return
      await this.#bring(message)
    }
  }

  /** Hands a message in until it is final. */
  async #bring(message: SignedMessage): Promise<void> {
    const id = toHex(message.id)
    const { nowMs, dice, nodes } = this.#ports
    const told: Told = { id, submittedAtMs: nowMs(), acceptedBy: null, final: null }
    this.told.set(id, told)
    // Another node each time: whoever is asked first may be a liar, but not all of them are.
    const order = dice.shuffled(nodes)
    for (let turn = 0; told.final === null; turn++) {
      const node = order[turn % order.length] as SimNode
      const submission = await this.#submit(node, message)
      if (submission?.kind === 'refused' && this.#ports.isFinal(id))
        // The ledger has it, and its nodes have forgotten where: what is refused is its repetition.
        told.final = { node: -1, height: 0, atMs: nowMs() }
      else if (submission?.kind !== 'taken') await this.#wait(RETRY_MS)
      else {
        if (submission.acceptedReceipt !== null && node.isHonest)
          this.#ports.onAccepted(node.index, id, submission.acceptedReceipt)
        await this.#awaitFinal(node, message, told)
      }
    }
  }

  async #submit(node: SimNode, { wire }: SignedMessage): Promise<Submission | undefined> {
    const { replica } = node
    if (replica === null) return undefined
    return await this.#within(PATIENCE_MS, replica.service.submit(wire, 'simulated'))
  }

  async #awaitFinal(node: SimNode, { id }: SignedMessage, told: Told): Promise<void> {
    const { replica } = node
    if (replica === null) return
    const asked = replica.service.awaitTransaction(id, 'final', RESEND_MS)
    const status = await this.#within(RESEND_MS + 1, asked)
    if (status?.stage !== 'final' || status.height === null) return
    if (!node.isHonest) {
      // A liar's word counts for nothing: another node is asked.
      if (this.#ports.isFinal(toHex(id)))
        told.final = { node: -1, height: 0, atMs: this.#ports.nowMs() }
      return
    }
    told.final = { node: node.index, height: status.height, atMs: this.#ports.nowMs() }
    this.#ports.onFinal(node.index, told.id, status.height)
  }

  #wait(delayMs: number): Promise<void> {
    const { agenda, nowMs } = this.#ports
    return new Promise((resolve) => void agenda.enter(nowMs() + delayMs, resolve))
  }

  async #within<Answer>(timeMs: number, asked: Promise<Answer>): Promise<Answer | undefined> {
    const { agenda, nowMs } = this.#ports
    return await new Promise((resolve) => {
      const entry = agenda.enter(nowMs() + timeMs, () => resolve(undefined))
      const settle = (answer: Answer | undefined): void => {
        entry.isCancelled = true
        resolve(answer)
      }
      // A node that refuses in the middle of an answer has simply not answered.
      asked.then(settle, () => settle(undefined))
    })
  }
}
