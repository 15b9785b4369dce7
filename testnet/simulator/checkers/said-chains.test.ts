import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type DeviceFork,
  type DeviceMessage,
  encodeDeviceMessage,
  keyHash,
  transactionIdOf
} from '../../../protocol/index.ts'
import { SaidChains } from './said-chains.ts'

const test = suite('chains of what devices say')
const KEYS = [1, 2, 3, 4].map((byte) => new Uint8Array(32).fill(byte))

function key(number: number): Uint8Array {
  return KEYS[number] as Uint8Array
}

/** A message under the key of its number, which commits to the next. */
function message(sequence: number, previous: number, signing = sequence - 1): DeviceMessage {
  return {
    kind: 'device-message',
    deviceId: key(0),
    incarnation: 0,
    sequence,
    previousMessageId: key(previous),
    signingKey: key(signing),
    nextSigningKeyHash: keyHash(key(signing + 1)),
    anchorHeight: 0,
    anchorId: new Uint8Array(16),
    contentKind: 0,
    dataKeyEpoch: 0,
    contentHash: new Uint8Array(32),
    contentLength: 0
  }
}

function forkOf(second: Uint8Array): DeviceFork {
  return {
    kind: 'device-fork',
    first: encodeDeviceMessage(message(1, 0), new Uint8Array(0)),
    firstSignature: new Uint8Array(64),
    second,
    secondSignature: new Uint8Array(64),
    secondContent: new Uint8Array(0),
    inclusion: null
  }
}

function chains(): SaidChains {
  const said = new SaidChains(new Uint8Array(32))
  assert.is(said.note(key(1), message(1, 0)), undefined)
  return said
}

test('what follows on what counted, under the key that this one committed to, is right', () => {
  assert.is(chains().note(key(2), message(2, 1)), undefined)
})

test('a turn that was had already, or left out, or on what never counted, is not', () => {
  assert.match(chains().note(key(2), message(1, 0)) ?? '', /on what never counted/)
  assert.match(chains().note(key(2), message(3, 1, 1)) ?? '', /says 3 after 1/)
  assert.match(chains().note(key(2), message(2, 3)) ?? '', /on what never counted/)
})

test('a key that was not the next one is not', () => {
  assert.match(chains().note(key(2), message(2, 1, 2)) ?? '', /under a key that was not its next/)
})

test('an incarnation that is over says nothing more', () => {
  const said = chains()
  assert.is(said.note(key(2), { ...message(1, 3), incarnation: 1 }), undefined)
  assert.match(said.note(key(3), message(2, 1)) ?? '', /which is over/)
})

test('a fork of two first messages that is marked before one of them counts is a chain of its own', () => {
  const said = new SaidChains(new Uint8Array(32))
  const second = encodeDeviceMessage(message(1, 0), new Uint8Array(9))
  const rivalId = transactionIdOf(new Uint8Array(32), second)
  assert.is(said.note(key(3), forkOf(second)), undefined)
  assert.is(said.note(key(2), { ...message(2, 0), previousMessageId: rivalId }), undefined)
  assert.is(said.note(key(1), message(1, 0)), undefined)
  assert.is(said.note(key(0), message(2, 1)), undefined)
  assert.match(said.note(key(1), message(1, 3)) ?? '', /on what never counted/)
})

test('where blocks are missing the chain is taken up where it is', () => {
  const said = chains()
  said.breakOff()
  assert.is(said.note(key(3), message(3, 2)), undefined)
})

test.run()
