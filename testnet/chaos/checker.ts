/**
 * The checker: what must hold after every row, judged by what was seen from outside.
 *
 * It knows what clients were answered, what nodes say afterwards, how high they were, what they
 * logged, how they ended, and which votes they signed: those in copies of their vote logs, of all
 * their incarnations, and those in certificates that others hold, which therefore were sent. No
 * node's own judgement enters here.
 *
 * @module
 */

import type { VoteKind } from '../../node/storage/vote-log-format.ts'

/** Where a transaction is final. */
export interface FinalPlace {
  readonly height: number | null
  readonly outcome: string | null
}

/** A vote that was seen, in its signer's own log or in a certificate that another node holds. */
export interface SeenVote {
  /** The signer's index among the nodes. */
  readonly signer: number
  readonly epoch: number
  readonly view: number
  readonly kind: VoteKind
  /** What it is about; equal for equal subjects, empty for a NULLIFY. */
  readonly subject: string
}

/** One write of a vote log, in the order of writing. */
export interface SeenWrite {
  readonly votes: readonly SeenVote[]
  readonly certified: readonly SeenVote[]
  /** The highest view that a finalisation of this write names; 0 for none. */
  readonly finalView: number
}

/** What a copy of a vote log adds to those before it. */
export interface VoteLogCopy {
  readonly node: number
  /** Whether writes are missing between this copy and those before it. */
  readonly hasGap: boolean
  readonly writes: readonly SeenWrite[]
}

/** Counts, for the figures. */
export interface CheckCounts {
  readonly finals: number
  readonly votes: number
  readonly certified: number
}

/** Faults named one by one before the rest is only counted. */
const NAMED_MAX = 5
/** Enough for an error with its stack. */
const LINE_MAX_CHARACTERS = 1_500

/** Collects what is seen during a row, and judges. */
export class Checker {
  readonly #finals = new Map<string, FinalPlace>()
  readonly #heights = new Map<number, number>()
  readonly #faults: string[] = []
  /** By signer, epoch and view. */
  readonly #logged = new Map<string, Map<VoteKind, string>>()
  readonly #certified = new Map<string, SeenVote>()
  #votes = 0
  #faultCount = 0

  /** Everything that does not hold, so far. */
  get faults(): readonly string[] {
    const more = this.#faultCount - this.#faults.length
    return more === 0 ? this.#faults : [...this.#faults, `and ${more} faults more`]
  }

  /** How much was checked. */
  get counts(): CheckCounts {
    return { finals: this.#finals.size, votes: this.#votes, certified: this.#certified.size }
  }

  /** Everything that was answered to be final. */
  get finalIds(): readonly string[] {
    return [...this.#finals.keys()]
  }

  /** A node answered a client that a transaction is final. */
  noteFinal(id: string, place: FinalPlace): void {
    const before = this.#finals.get(id)
    if (before === undefined) this.#finals.set(id, place)
    else if (!isSamePlace(before, place))
      this.#fault(`${id.slice(0, 8)} was final at ${told(before)}, then at ${told(place)}`)
  }

  /** A node answered how high it is. */
  noteHeight(node: number, height: number): void {
    const before = this.#heights.get(node) ?? 0
    if (height < before)
      this.#fault(`node ${node} is at height ${height} and had answered ${before}`)
    this.#heights.set(node, Math.max(before, height))
  }

  /** A node's ledger was taken away on purpose: it may begin below where it was. */
  forgetHeight(node: number): void {
    this.#heights.delete(node)
  }

  /** A node holds, or does not hold, what a client was answered to be final. */
  judgeFinal(node: number, id: string, held: FinalPlace | undefined): void {
    const answered = this.#finals.get(id)
    if (answered === undefined) return
    if (held === undefined) this.#fault(`lost: ${id.slice(0, 8)} is not final at node ${node}`)
    else if (!isSamePlace(answered, held))
      this.#fault(
        `${id.slice(0, 8)} was answered final at ${told(answered)} and is at ${told(held)} at node ${node}`
      )
  }

  /** What nodes hold at one height. */
  judgeRoots(
    height: number,
    blocks: readonly {
      readonly node: number
      readonly blockId: string
      readonly stateRoot: string
    }[]
  ): void {
    const [first] = blocks
    for (const { node, blockId, stateRoot } of blocks)
      if (blockId !== first?.blockId || stateRoot !== first.stateRoot)
        this.#fault(`node ${node} differs from node ${first?.node} at height ${height}`)
  }

  /** Lines of a node's log that nobody expected. */
  noteErrors(node: number, lines: readonly string[]): void {
    for (const line of lines)
      this.#fault(`node ${node} logged: ${line.slice(0, LINE_MAX_CHARACTERS)}`)
  }

  /** Anything else that must not be. */
  noteFault(fault: string): void {
    this.#fault(fault)
  }

  /** Takes in what a copy of a node's vote log adds. */
  addVoteLog({ node, hasGap, writes }: VoteLogCopy): void {
    if (hasGap)
      this.#fault(`node ${node} forgot votes before they were seen: its other votes prove nothing`)
    // A copy of an older state goes on from there, so finality counts within this copy alone.
    let finalView = 0
    for (const write of writes) {
      for (const vote of write.votes) this.#addOwnVote(vote, finalView)
      for (const vote of write.certified) this.#certified.set(nameOf(vote), vote)
      finalView = Math.max(finalView, write.finalView)
    }
  }

  /** Takes in what a node's ledger holds: who signed its blocks, and evidence against anybody. */
  addLedger(
    node: number,
    {
      certified,
      evidenceCount
    }: { readonly certified: readonly SeenVote[]; readonly evidenceCount: number }
  ): void {
    for (const vote of certified) this.#certified.set(nameOf(vote), vote)
    if (evidenceCount > 0) this.#fault(`node ${node} holds evidence against a member`)
  }

  /** When all copies are in: whatever others hold of a signer must be in its own log, and fit. */
  judgeSentVotes(): void {
    for (const vote of this.#certified.values()) {
      const own = this.#logged.get(placeOf(vote))
      if (own?.get(vote.kind) !== vote.subject)
        this.#fault(`node ${vote.signer} sent ${tellVote(vote)} that is not in its vote log`)
    }
  }

  #addOwnVote(vote: SeenVote, finalView: number): void {
    this.#votes++
    const place = placeOf(vote)
    const held = this.#logged.get(place) ?? new Map<VoteKind, string>()
    this.#logged.set(place, held)
    const before = held.get(vote.kind)
    if (before !== undefined && before !== vote.subject)
      this.#fault(`node ${vote.signer} signed two: ${tellVote(vote)}`)
    const rival = vote.kind === 'nullify' ? 'finalise' : 'nullify'
    if (vote.kind !== 'notarise' && held.has(rival))
      this.#fault(`node ${vote.signer} signed ${tellVote(vote)} and ${rival} as well`)
    if (vote.view <= finalView)
      this.#fault(`node ${vote.signer} signed ${tellVote(vote)} though view ${finalView} was final`)
    held.set(vote.kind, vote.subject)
  }

  #fault(fault: string): void {
    this.#faultCount++
    if (this.#faults.length < NAMED_MAX) this.#faults.push(fault)
  }
}

function isSamePlace(a: FinalPlace, b: FinalPlace): boolean {
  return a.height === b.height && a.outcome === b.outcome
}

function told({ height, outcome }: FinalPlace): string {
  return `height ${height} (${outcome})`
}

function placeOf({ signer, epoch, view }: SeenVote): string {
  return `${signer}/${epoch}/${view}`
}

function nameOf(vote: SeenVote): string {
  return `${placeOf(vote)}/${vote.kind}/${vote.subject}`
}

function tellVote({ kind, view, subject }: SeenVote): string {
  return `${kind} of view ${view}${subject === '' ? '' : ` for ${subject.slice(-64, -56)}`}`
}
