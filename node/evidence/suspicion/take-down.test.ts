import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { DeviceMessage } from '../../../protocol/index.ts'
import { Speaker } from '../testing/speaker.ts'
import { type DeviceFacts, emptyWindow } from './device-facts.ts'
import { takeWitnessDown } from './take-down.ts'

const test = suite('taking down')

const speaker = new Speaker({ claimId: new Uint8Array(32), genesisId: new Uint8Array(32) })

/** What a device shows to a neighbour. */
function shown(sequence: number): DeviceMessage {
  return speaker.draft({ sequence }).body as DeviceMessage
}

/** What neighbour number n says, and the last block that it knows. */
function testimony(neighbour: number, anchorHeight: number): DeviceMessage {
  const deviceId = new Uint8Array(32).fill(neighbour)
  return speaker.draft({ deviceId, anchorHeight }).body as DeviceMessage
}

/** A device whose 7th message stands in block 90. */
function heardSeven(): DeviceFacts {
  const { deviceId, incarnation } = shown(7)
  const where = { region: 'lima', carrier: 'aa', carrierBefore: null, leftAtMs: 0 }
  const last = { timeMs: 1_000, anchorHeight: 80, incarnation, sequence: 7, height: 90, ...where }
  return { deviceId, last, present: emptyWindow(0), before: null }
}

test('a neighbour counts once, however often it says that the ledger has overtaken a device', () => {
  const facts = heardSeven()
  takeWitnessDown(facts, testimony(1, 90), shown(6))
  takeWitnessDown(facts, testimony(1, 95), shown(6))
  assert.is(facts.present.witnesses.length, 1)
  takeWitnessDown(facts, testimony(2, 95), shown(6))
  assert.is(facts.present.witnesses.length, 2)
})

test('no more than four neighbours are told apart', () => {
  const facts = heardSeven()
  for (let neighbour = 1; neighbour < 9; neighbour++)
    takeWitnessDown(facts, testimony(neighbour, 90), shown(6))
  assert.is(facts.present.witnesses.length, 4)
})

test('who asked before the last word was final, or heard that very word, has seen nothing strange', () => {
  const facts = heardSeven()
  takeWitnessDown(facts, testimony(1, 89), shown(6))
  takeWitnessDown(facts, testimony(1, 90), shown(7))
  takeWitnessDown({ ...facts, last: null }, testimony(1, 90), shown(6))
  assert.equal(facts.present.witnesses, [])
})

test.run()
