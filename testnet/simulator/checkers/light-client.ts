/**
 * The light client: it began at genesis, follows seals, and is shown whatever travels, by liars too.
 *
 * I13: no header that it takes for final ever conflicts with the chain of the honest, in whatever
 * epoch. It knows nothing but what the product's own client would know.
 *
 * @module
 */

import { LedgerFollower, trustedFor } from '../../../client/index.ts'
import type { MemberProtocol, RequestProtocol } from '../../../node/network/protocol-names.ts'
import {
  type Block,
  type BlockId,
  type Certificate,
  decodeMemberMessage,
  encodeCertificate,
  genesisElectorate,
  judgeFinality,
  type MemberIndex,
  toHex
} from '../../../protocol/index.ts'
import type { World } from '../world/world.ts'
import type { AgreementChecker } from './agreement.ts'
import { type Checker, expectKept } from './checker.ts'

/** Headers it was shown and keeps until it is shown what makes them final. */
const SHOWN_MAX = 4_096

/** A light client among liars. */
export class LightClientChecker implements Checker {
  readonly #world: () => World
  readonly #agreement: AgreementChecker
  readonly #shown = new Map<BlockId, Block>()
  readonly #judged = new Set<string>()
  /** What it took for final, by height. */
  readonly #taken = new Map<number, string>()
  #follower: LedgerFollower | undefined
  #last: Uint8Array | undefined

  constructor(world: () => World, agreement: AgreementChecker) {
    this.#world = world
    this.#agreement = agreement
  }

  onLeave(
    node: number,
    protocol: MemberProtocol | RequestProtocol,
    _to: string,
    message: Uint8Array
  ): void {
    if (protocol !== 'votes' || message === this.#last) return
    this.#last = message
    const read = decodeMemberMessage(message, node as MemberIndex)
    if (read?.kind === 'certificate') this.#show(read.certificate)
    if (read?.kind !== 'proposal') return
    const { block, justification } = read.proposal
    if (this.#shown.size < SHOWN_MAX) this.#shown.set(block.id, block)
    for (const certificate of justification) this.#show(certificate)
  }

  atEnd(world: World): void {
    this.#expectFollowed(world)
    for (const [height, blockId] of this.#taken) this.#expectOfChain(height, blockId)
  }

  /** Every certificate of a block is shown to it, with the header that it is about. */
  #show(certificate: Certificate): void {
    const { subject } = certificate.vote
    const block = subject === null ? undefined : this.#shown.get(subject.blockId)
    if (block === undefined) return
    const name = toHex(encodeCertificate(certificate))
    if (this.#judged.has(name)) return
    this.#judged.add(name)
    this.#judge(block, certificate)
  }

  #judge({ headerBytes }: Block, finalisation: Certificate): void {
    const world = this.#world()
    const proof = { headerBytes, finalisation, descendants: [] }
    const follower = this.#follow(world)
    const trusted = trustedFor(proof, follower)
    const judged = trusted.ok ? judgeFinality(proof, trusted.value) : trusted
    if (!judged.ok) {
      if (finalisation.vote.kind === 'finalise') world.mark('light-client:refused')
      return
    }
    world.mark('light-client:taken')
    const { header, blockId } = judged.value
    const before = this.#taken.get(header.height)
    expectKept(
      'I13',
      before === undefined || before === blockId,
      () => `height ${header.height}: a light client took two blocks for final`
    )
    this.#taken.set(header.height, blockId)
    this.#expectOfChain(header.height, blockId)
  }

  #expectOfChain(height: number, blockId: string): void {
    const agreed = this.#agreement.blockIdAt(height)
    expectKept(
      'I13',
      agreed === undefined || agreed === blockId,
      () => `height ${height}: a light client took ${blockId.slice(0, 8)} for final`
    )
  }

  /** Asks every node that runs for seals, as a client that roams does. */
  #follow(world: World): LedgerFollower {
    const { genesis, networkTag } = world.founding
    this.#follower ??= new LedgerFollower({ networkTag, electorate: genesisElectorate(genesis) })
    const follower = this.#follower
    for (const { replica, isHonest, index } of world.nodes) {
      if (replica === null || replica.keeper.electorate.epoch <= follower.newest.epoch) continue
      const seals = world.read(() => replica.archive.seals(follower.newest.epoch)) ?? []
      const followed = follower.follow(seals)
      expectKept(
        'I13',
        followed.ok || !isHonest,
        () => `the seals of node ${index} lead nowhere: ${followed.ok ? '' : followed.fault}`
      )
      this.#expectFollowed(world)
    }
    return follower
  }

  /** A liar may be the first in an epoch: then the honest are asked at the end. */
  #expectFollowed(world: World): void {
    if (this.#follower === undefined) return
    const { epoch, hash } = this.#follower.newest
    const own = world.findElectorate(epoch)
    expectKept(
      'I13',
      own === undefined || toHex(hash) === toHex(own.hash),
      () => `a light client follows another electorate in epoch ${epoch}`
    )
  }
}
