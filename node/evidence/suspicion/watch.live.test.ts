import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type Alert,
  alerts,
  devices,
  encodeCbor,
  fromHex,
  invariant,
  judgeTransaction,
  type Transaction
} from '../../../protocol/index.ts'
import { OwnSequence } from '../../membership/own-sequence.ts'
import { create } from '../../storage/testing/entries.ts'
import { withFolder } from '../../storage/testing/fixtures.ts'
import { founder } from '../../testing/small-network.ts'
import { DEVICE_ID, NETWORK_TAG } from '../testing/claimed-device.ts'
import { ClaimedLedger } from '../testing/claimed-ledger.ts'
import { reading, type Saying, Speaker } from '../testing/speaker.ts'
import { AlertDesk } from './alert-desk.ts'
import { Watch } from './watch.ts'

const test = suite('the watch')

const HOUR_MS = 3_600_000
const WITNESS = 6

/** A member that watches, and what it has filed. */
class Watching {
  readonly ledger: ClaimedLedger
  readonly device: Speaker
  readonly filed: Transaction[] = []
  watch: Watch
  nowMs = 0
  isCurrent = true

  constructor(ledger: ClaimedLedger) {
    this.ledger = ledger
    this.device = new Speaker(ledger)
    this.watch = this.begin()
  }

  /** One that knows nothing of before. */
  begin(): Watch {
    const { memberId, sign } = founder(0)
    const desk = new AlertDesk(
      { networkTag: NETWORK_TAG, identity: { publicKey: memberId, sign } },
      {
        clock: { nowMs: () => this.nowMs },
        tip: () => this.ledger.tip,
        sequence: new OwnSequence(),
        submit: async (wire) => {
          const judged = judgeTransaction(wire, NETWORK_TAG)
          invariant(judged.ok, 'an alert is signed as it must be')
          this.filed.push(judged.value)
          const { id } = judged.value
          const nowhere = { outcome: null, code: null, height: null, timeMs: null }
          const status = { transactionId: id, stage: 'accepted' as const, ...nowhere }
          return { kind: 'taken', status, acceptedReceipt: null }
        },
        log: { info: () => undefined },
        count: () => undefined,
        onFailure: (error) => {
          throw error
        }
      }
    )
    return new Watch(
      { networkTag: NETWORK_TAG },
      { tip: () => this.ledger.tip, isCurrent: () => this.isCurrent, desk }
    )
  }

  async grow(
    transactions: readonly Transaction[],
    place: { readonly author?: number; readonly afterMs?: number } = {}
  ): Promise<readonly (string | null)[]> {
    const block = await this.ledger.grow(transactions, place)
    this.watch.settleBlock(block)
    await Promise.resolve()
    return block.executed.outcomes.map(({ outcome, code }) => code ?? outcome)
  }

  /** Rule and severity of what was filed. */
  get suspicions(): readonly (readonly [number, number])[] {
    return this.filed.map(({ body }) => [(body as Alert).rule, (body as Alert).severity])
  }
}

function withWatching(run: (watching: Watching) => Promise<void>): () => Promise<void> {
  return withFolder(async (folder) => {
    const ledger = await ClaimedLedger.open(await create(join(folder, 'ledger')))
    await run(new Watching(ledger))
    await ledger.database.close()
  })
}

test(
  'a device that is in Frankfurt and Tokyo by turns is suspected by place and time, once in a window',
  withWatching(async (watching) => {
    for (let turn = 0; turn < 8; turn++)
      await watching.grow([watching.device.say()], { author: turn % 2 })
    assert.equal(watching.suspicions, [[1, 1]])
    const outcomes = await watching.grow(watching.filed.splice(0))
    assert.equal(outcomes, ['applied'])
    // One member of two is enough for a suspicion by weight, but not by operators.
    const record = watching.ledger.tip.view.read(alerts, DEVICE_ID)
    assert.is(record?.entries[0]?.voices.length, 1)
    assert.is(watching.ledger.tip.view.read(devices, DEVICE_ID)?.suspectUntilMs, 0)
    // In the next window anew.
    for (let turn = 0; turn < 8; turn++)
      await watching.grow([watching.device.say()], {
        author: turn % 2,
        afterMs: turn === 0 ? HOUR_MS : 1_000
      })
    assert.ok(watching.suspicions.some(([rule]) => rule === 1))
  })
)

test(
  'one change of nodes is nothing',
  withWatching(async (watching) => {
    for (const author of [0, 0, 1, 1, 0]) await watching.grow([watching.device.say()], { author })
    assert.equal(watching.suspicions, [])
  })
)

test(
  'to and fro between two members, again and again, is told to the owner',
  withWatching(async (watching) => {
    for (let turn = 0; turn < 11; turn++)
      await watching.grow([watching.device.say()], { author: turn % 2 })
    assert.ok(watching.suspicions.some(([rule, severity]) => rule === 8 && severity === 0))
  })
)

test(
  'a device is no witness against itself, nor of one that was never heard here',
  withWatching(async (watching) => {
    const { device, ledger } = watching
    const shown = device.say()
    const [signature] = shown.signatures
    const content = encodeCbor([shown.signedBody, signature?.signature ?? null])
    await watching.grow([shown])
    await watching.grow([device.say()])
    const { height, blockId } = ledger.tip
    const anchor = { anchorHeight: height, anchorId: fromHex(blockId)?.subarray(0, 16) }
    const witness = device.say({ contentKind: WITNESS, content, ...anchor } as Saying)
    assert.equal(await watching.grow([witness]), ['applied'])
    watching.watch = watching.begin()
    await watching.grow([device.say()])
    assert.equal(watching.suspicions, [])
  })
)

test(
  'silence is told once for as long as it lasts, of a device that has spoken',
  withWatching(async (watching) => {
    await watching.grow([], { afterMs: HOUR_MS })
    assert.equal(watching.suspicions, [])
    await watching.grow([watching.device.say()])
    for (let count = 0; count < 3; count++) await watching.grow([], { afterMs: 3 * HOUR_MS })
    assert.equal(watching.suspicions, [[2, 1]])
    await watching.grow([watching.device.say()])
    await watching.grow([], { afterMs: 61_000 })
    assert.equal(watching.suspicions.slice(1), [[2, 0]])
  })
)

test(
  'what is malformed, too large or falsely anchored is counted, and told the third time or the sixteenth',
  withWatching(async (watching) => {
    const { device } = watching
    const bad = { content: Uint8Array.of(0, 0x81, 0xa1, 0x02) }
    for (let count = 0; count < 3; count++)
      assert.equal(await watching.grow([device.say(bad)]), ['CONTENT_MALFORMED'])
    assert.equal(watching.suspicions, [[6, 1]])
    const large = { content: new Uint8Array(1_025) }
    for (let count = 0; count < 16; count++)
      assert.equal(await watching.grow([device.say(large)]), ['CONTENT_TOO_LARGE'])
    assert.equal(watching.suspicions.slice(1), [[5, 1]])
    for (let count = 0; count < 3; count++)
      await watching.grow([device.say({ anchorId: new Uint8Array(16).fill(9) })])
    assert.equal(watching.suspicions.slice(2), [[7, 1]])
    assert.equal(await watching.grow([device.say({ content: reading(20) })]), ['applied'])
    assert.is(watching.filed.length, 3)
  })
)

test(
  'what is too old to be proved is grave, and nothing is told of a past that is gone through again',
  withWatching(async (watching) => {
    await watching.grow([watching.device.say()])
    watching.watch.noteOldStray(DEVICE_ID)
    assert.equal(watching.suspicions, [[7, 2]])
    watching.isCurrent = false
    for (let turn = 0; turn < 8; turn++)
      await watching.grow([watching.device.say()], { author: turn % 2 })
    assert.is(watching.filed.length, 1)
  })
)

test(
  'after a start a member does not say again what the ledger has from it',
  withWatching(async (watching) => {
    watching.watch.noteOldStray(DEVICE_ID)
    assert.equal(await watching.grow(watching.filed.splice(0)), ['applied'])
    watching.watch = watching.begin()
    watching.watch.noteOldStray(DEVICE_ID)
    assert.equal(watching.suspicions, [])
  })
)

test.run()
