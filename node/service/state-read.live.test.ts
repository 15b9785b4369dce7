import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeReadProof, devices, judgeRead } from '../../protocol/index.ts'
import { DEVICE_ID, NETWORK_TAG } from '../evidence/testing/claimed-device.ts'
import { ClaimedLedger } from '../evidence/testing/claimed-ledger.ts'
import { Speaker } from '../evidence/testing/speaker.ts'
import { create } from '../storage/testing/entries.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import type { StateReading } from './archive.ts'
import { readState } from './state-read.ts'

const test = suite('reading the state with a proof')

test(
  'what is asked for between the write of a block and its commit is proved all the same',
  withFolder(async (folder) => {
    const asked: Promise<StateReading>[] = []
    const heights: number[] = []
    const ask = (): void => {
      if (ledger === undefined) return
      heights.push(ledger.tip.height)
      for (const key of [DEVICE_ID, new Uint8Array(32)])
        asked.push(readState({ table: devices.number, key }, true, ledger))
    }
    let ledger: ClaimedLedger | undefined
    const opened = await ClaimedLedger.open(await create(join(folder, 'ledger')), () => ask())
    ledger = opened
    const before = opened.tip.height
    const speaker = new Speaker(opened)
    for (let message = 0; message < 3; message++) await opened.grow([speaker.say()])
    assert.equal(heights, [before, before + 1, before + 2], 'the block was not the last one yet')
    const trusted = { networkTag: NETWORK_TAG, electorate: opened.keeper.electorate }
    const sequences: (number | null)[] = []
    for (const reading of await Promise.all(asked)) {
      const proof = decodeReadProof(reading.proof ?? new Uint8Array(0))
      assert.ok(proof)
      const judged = judgeRead(proof, trusted)
      assert.ok(judged.ok, judged.ok ? '' : judged.fault)
      sequences.push(reading.value === null ? null : devices.decode(reading.value).sequence)
    }
    assert.equal(sequences, [1, null, 2, null, 3, null])
    await opened.database.close()
  })
)

test.run()
