import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  decodeElectorate,
  type Electorate,
  electorates,
  encodeSealProofs,
  invariant,
  SEALS_MAX,
  type SealProof
} from '../../protocol/index.ts'
import { readSeals } from '../service/seals.ts'
import type { Database } from '../storage/database.ts'
import { create } from '../storage/testing/entries.ts'
import { GovernedLedger } from '../testing/governed-ledger.ts'
import { ELECTORATE, NETWORK_TAG } from '../testing/small-network.ts'
import { SealFollower, type SealFollowerPorts } from './seal-follower.ts'
import { decodeFetchRequest } from './sync-message.ts'

const test = suite('following seals')

const EPOCHS = 70
const home = mkdtempSync(join(tmpdir(), 'seals-test-'))
let ledger: GovernedLedger
let database: Database

test.before(async () => {
  database = await create(join(home, 'ledger'))
  ledger = await GovernedLedger.open(database)
  for (let epoch = 0; epoch < EPOCHS; epoch++) await ledger.turnEpoch()
})
test.after(async () => {
  await database.close()
  rmSync(home, { recursive: true })
})

type Peer = (from: number) => readonly SealProof[] | Uint8Array | undefined

interface World {
  readonly follower: SealFollower
  readonly asked: [string, number][]
  readonly blamed: [string, string][]
}

function follow(
  peers: Readonly<Record<string, Peer>>,
  own: Partial<SealFollowerPorts> = {}
): World {
  const asked: [string, number][] = []
  const blamed: [string, string][] = []
  const follower = new SealFollower({
    networkTag: NETWORK_TAG,
    electorate: () => ELECTORATE,
    electorateOf: (epoch) => (epoch === 0 ? ELECTORATE : undefined),
    peers: () => Object.keys(peers),
    ask: async (peer, request) => {
      const question = decodeFetchRequest(request)
      invariant(question?.kind === 'seals', 'seals are asked for')
      asked.push([peer, question.from])
      const answer = peers[peer]?.(question.from)
      return answer === undefined || answer instanceof Uint8Array
        ? answer
        : encodeSealProofs(answer)
    },
    penalise: (peer, reason) => void blamed.push([peer, reason]),
    pause: async () => undefined,
    isStopped: () => false,
    ...own
  })
  return { follower, asked, blamed }
}

const honest: Peer = (from) => ledger.seals(from)
const first =
  (count: number): Peer =>
  (from) =>
    from < count ? ledger.seals(from).slice(0, count - from) : []
const epochOf = (electorate: Electorate | undefined): number | undefined => electorate?.epoch

/** The seal that ends an epoch, changed. */
function forged(epoch: number, change: Partial<SealProof>): Peer {
  return (from) => {
    const seals = ledger.seals(from)
    return seals.map((seal, index) => (from + index === epoch ? { ...seal, ...change } : seal))
  }
}

test('a ledger hands its seals out in order, so many at once and none beyond its end', () => {
  const seals = ledger.seals(0)
  assert.is(seals.length, SEALS_MAX)
  assert.equal(
    seals.map(({ electorateBytes }) => decodeElectorate(electorateBytes)?.epoch),
    Array.from({ length: SEALS_MAX }, (_, index) => index + 1)
  )
  assert.is(ledger.seals(EPOCHS - 1).length, 1)
  assert.equal(ledger.seals(EPOCHS), [])
  assert.equal(ledger.seals(Number.MAX_SAFE_INTEGER), [])
})

test('seals end before the first that is not here, and before they weigh too much', () => {
  const { archive, keeper } = ledger
  const readValue = (table: number, key: Uint8Array): Uint8Array | undefined =>
    keeper.readValue(table, key)
  const heights = ledger.seals(0).map((_, index) => 2 * index + 2)
  const without = (missing: number): number =>
    readSeals(0, {
      readValue,
      block: (height) => (height === heights[missing] ? undefined : archive.block(height))
    }).length
  assert.is(without(0), 0)
  assert.is(without(5), 5)
  const [seal] = ledger.seals(0)
  const heavy = { sinceMs: 1, sinceHeight: 2, electorateBytes: new Uint8Array(500_000) }
  const read = readSeals(0, {
    block: (height) => archive.block(height),
    readValue: () => electorates.encode(heavy)
  })
  assert.is(read.length, 4)
  assert.equal(read[0]?.headerBytes, seal?.headerBytes)
})

test('every later electorate is found, by as many questions as it takes', async () => {
  const { follower, asked, blamed } = follow({ a: honest })
  assert.is(epochOf(await follower.electorateOf(0)), 0)
  assert.equal(asked, [])
  assert.is(epochOf(await follower.electorateOf(2)), 2)
  assert.equal(asked, [['a', 0]])
  const found = await follower.electorateOf(EPOCHS)
  assert.equal(found?.encoded, ledger.keeper.electorate.encoded)
  assert.equal(asked.slice(1), [['a', SEALS_MAX]])
  assert.equal(blamed, [])
  // the earliest were forgotten for the latest, and are followed anew
  assert.is(epochOf(await follower.electorateOf(3)), 3)
  assert.equal(asked.slice(2), [['a', 0]])
})

test('an epoch that has not begun is unknown, and nobody is blamed for it', async () => {
  const { follower, blamed } = follow({ silent: () => undefined, a: honest, b: honest })
  assert.is(await follower.electorateOf(EPOCHS + 1), undefined)
  assert.is(await follow({}).follower.electorateOf(1), undefined)
  assert.equal(blamed, [])
})

test('who has no answer, or fewer seals, is passed over', async () => {
  const { follower, asked, blamed } = follow({
    silent: () => undefined,
    older: () => new Uint8Array(0),
    none: () => [],
    few: first(3),
    all: honest
  })
  assert.is(epochOf(await follower.electorateOf(5)), 5)
  assert.equal(asked.slice(-1), [['all', 3]])
  assert.equal(blamed, [])
})

test('a forged seal leads nowhere and is held against who sent it; an honest peer leads on', async () => {
  const [seal, next] = ledger.seals(3)
  invariant(seal !== undefined && next !== undefined, 'there are enough')
  const { finalisation } = seal
  const broken = finalisation.signatures.map((one) => ({ ...one, signature: new Uint8Array(64) }))
  const forgeries: readonly (readonly [Peer, RegExp])[] = [
    [forged(3, { finalisation: next.finalisation }), /FINALISATION_OF_OTHER_BLOCK/],
    [forged(3, { finalisation: { ...finalisation, signatures: broken } }), /FINALISATION_FORGED/],
    [forged(3, { electorateBytes: next.electorateBytes }), /SEAL_ELECTORATE_WRONG/],
    [forged(3, { headerBytes: next.headerBytes }), /HEADER_ELECTORATE_WRONG/],
    [(from) => ledger.seals(from + 1), /HEADER_ELECTORATE_WRONG/],
    [() => Uint8Array.of(0xff), /malformed/]
  ]
  for (const [peer, reason] of forgeries) {
    const { follower, blamed } = follow({ liar: peer, a: honest })
    const found = await follower.electorateOf(6)
    assert.equal(found?.encoded, decodeElectorate(ledger.seals(5)[0]!.electorateBytes)?.encoded)
    assert.ok(blamed.length > 0)
    assert.ok(blamed.every(([who, why]) => who === 'liar' && reason.test(why)))
    const alone = follow({ liar: peer })
    assert.is(await alone.follower.electorateOf(6), undefined)
  }
})

test('a ledger that comes further while it is asked makes no liar of who answers', async () => {
  let own = ELECTORATE
  const { follower, blamed } = follow(
    {
      a: (from) => {
        const answer = ledger.seals(from)
        own = decodeElectorate(ledger.seals(3)[0]!.electorateBytes) as Electorate
        return answer
      }
    },
    { electorate: () => own, electorateOf: (epoch) => (epoch === own.epoch ? own : undefined) }
  )
  assert.is(epochOf(await follower.electorateOf(6)), 6)
  assert.equal(blamed, [])
})

test('two that ask at once share the answers', async () => {
  const { follower, asked } = follow({ a: honest })
  const found = await Promise.all([follower.electorateOf(4), follower.electorateOf(5)])
  assert.equal(found.map(epochOf), [4, 5])
  assert.is(asked.length, 1)
})

test('a node that stops asks nobody', async () => {
  const { follower, asked } = follow({ a: honest }, { isStopped: () => true })
  assert.is(await follower.electorateOf(1), undefined)
  assert.equal(asked, [])
})

test.run()
