import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Electorate, fromHex, type MemberIndex } from '../protocol/index.ts'
import { Presence } from './presence.ts'

const test = suite('the presence of members')
const MINUTE_MS = 60_000
const NAMES = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(64))
const [SELF, B, C, D] = NAMES as [string, string, string, string]

/** Four members of weight 1, of whom three make a quorum; the first is this node. */
function create(): {
  readonly presence: Presence
  readonly world: { nowMs: number; seated: readonly string[] }
  readonly heardAtMs: (name: string) => number | null
} {
  const world = { nowMs: 1_000_000, seated: NAMES as readonly string[] }
  const presence = new Presence({
    electorate: () => electorateOf(world.seated),
    self: SELF,
    timeMs: () => world.nowMs
  })
  return { presence, world, heardAtMs: (name) => presence.lastHeardAtMs(idOf(name)) }
}

function idOf(name: string): Uint8Array {
  return fromHex(name) as Uint8Array
}

function electorateOf(names: readonly string[]): Electorate {
  const seats = names.map((name) => ({ memberId: idOf(name), weight: 1 }))
  const indexOf = new Map(names.map((name, index) => [name, index as MemberIndex]))
  return { seats, indexOf, quorumWeight: 3 } as unknown as Electorate
}

test('with this node and two others of four there is a quorum, with one other there is none', () => {
  const { presence } = create()
  assert.not(presence.hasQuorum)
  presence.changed(B, true)
  assert.not(presence.hasQuorum)
  presence.changed(C, true)
  assert.ok(presence.hasQuorum)
  presence.changed(B, false)
  assert.not(presence.hasQuorum)
})

test('of a member that was never heard it knows nothing', () => {
  assert.is(create().heardAtMs(B), null)
})

test('of one that spoke until it went it tells when it spoke', () => {
  const { presence, world, heardAtMs } = create()
  presence.changed(B, true)
  world.nowMs += MINUTE_MS
  presence.heard(B)
  const spokeAtMs = world.nowMs
  world.nowMs += 10_000
  presence.changed(B, false)
  world.nowMs += MINUTE_MS
  assert.is(heardAtMs(B), spokeAtMs)
})

test('of one that had nothing to say it tells when its link broke', () => {
  const { presence, world, heardAtMs } = create()
  presence.changed(B, true)
  world.nowMs += 10 * MINUTE_MS
  presence.changed(B, false)
  assert.is(heardAtMs(B), world.nowMs)
})

test('strangers are not kept, and who loses the seat is forgotten', () => {
  const { presence, world, heardAtMs } = create()
  world.seated = [SELF, B, C]
  presence.changed(D, true)
  presence.heard(D)
  presence.changed(B, true)
  assert.is(heardAtMs(D), null)
  world.seated = [SELF, C, D]
  world.nowMs += MINUTE_MS
  presence.electorateChanged()
  assert.is(heardAtMs(B), null)
  assert.is(heardAtMs(D), world.nowMs)
})

test.run()
