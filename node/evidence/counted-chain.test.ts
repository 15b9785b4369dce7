import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type DeviceMessage, type DeviceRecord, toHex } from '../../protocol/index.ts'
import { deviceRecord } from '../api/testing/device-record.ts'
import { systemClock } from '../clock.ts'
import type { ArchivedTransaction } from '../service/archive.ts'
import { Allowance } from './allowance.ts'
import { CountedChains } from './counted-chain.ts'
import { RecentIds } from './recent-ids.ts'
import type { StrayMessage } from './stray.ts'

const test = suite('counted chains and bounds')

const HOUR_MS = 3_600_000

function bytesOf(kind: number, number: number): Uint8Array {
  const bytes = new Uint8Array(32).fill(kind)
  new DataView(bytes.buffer).setUint32(0, number)
  return bytes
}

const idOf = (sequence: number): Uint8Array => bytesOf(1, sequence)
const keyOf = (sequence: number): Uint8Array => bytesOf(2, sequence)

/** A chain of any length, of which every read is counted. */
class Chain {
  reads = 0
  nowMs = 0
  readonly chains: CountedChains
  readonly device: DeviceRecord

  constructor(length: number) {
    this.device = { ...deviceRecord(length), incarnation: 0, headMessageId: idOf(length) }
    this.chains = new CountedChains({
      archive: { find: (id) => this.#find(id) },
      nowMs: () => this.nowMs,
      pause: systemClock.pause
    })
  }

  async ask(sequence: number, key: Uint8Array, id: Uint8Array = bytesOf(9, 9)): Promise<string> {
    const deviceId = new Uint8Array(32)
    const body = { deviceId, incarnation: 0, sequence, signingKey: key } as unknown as DeviceMessage
    const stray = { id, body } as StrayMessage
    const counterpart = await this.chains.counterpartOf(stray, this.device)
    if (!('found' in counterpart)) return counterpart.kind
    return `${counterpart.kind} ${toHex(counterpart.found.transaction.id).slice(0, 8)}`
  }

  #find(id: Uint8Array): ArchivedTransaction | undefined {
    this.reads++
    const sequence = new DataView(id.buffer, id.byteOffset).getUint32(0)
    const previousMessageId = idOf(sequence - 1)
    const body = {
      kind: 'device-message',
      sequence,
      previousMessageId,
      signingKey: keyOf(sequence)
    }
    return { transaction: { id, body } } as unknown as ArchivedTransaction
  }
}

test('a message is found by its sequence and key, or by its key alone, and known again by its id', async () => {
  const chain = new Chain(40)
  assert.is(await chain.ask(30, keyOf(30)), `rival ${toHex(idOf(30)).slice(0, 8)}`)
  assert.is(await chain.ask(35, keyOf(30)), `last ${toHex(idOf(30)).slice(0, 8)}`)
  assert.is(await chain.ask(30, keyOf(30), idOf(30)), 'itself')
  assert.is(await chain.ask(40, keyOf(40), idOf(40)), 'itself')
  assert.is(await chain.ask(29, keyOf(30)), 'none', 'a key is not misused before its turn')
  assert.is(await chain.ask(30, bytesOf(7, 7)), 'none')
})

test('what was walked over is not read again', async () => {
  const chain = new Chain(40)
  await chain.ask(1, keyOf(99))
  assert.is(chain.reads, 40)
  await chain.ask(1, keyOf(99))
  assert.is(chain.reads, 40)
})

test('no walk goes deeper than its bound', async () => {
  const chain = new Chain(5_000)
  assert.is(await chain.ask(4_700, keyOf(4_700)), 'none')
  assert.is(chain.reads, 256)
  assert.is(await chain.ask(4_750, keyOf(4_750)), `rival ${toHex(idOf(4_750)).slice(0, 8)}`)
})

test('all walks together have so many steps, and more when time has passed', async () => {
  const chain = new Chain(5_000)
  for (let length = 1; length <= 10; length++) {
    const head = length * 400
    const device = { ...chain.device, sequence: head, headMessageId: idOf(head) }
    const body = { deviceId: bytesOf(4, length), incarnation: 0, sequence: 1, signingKey: keyOf(0) }
    const stray = { id: bytesOf(9, 9), body } as unknown as StrayMessage
    await chain.chains.counterpartOf(stray, device)
  }
  assert.is(chain.reads, 1_024)
  chain.nowMs += HOUR_MS
  await chain.ask(1, keyOf(99))
  assert.is(chain.reads, 1_024 + 256)
})

test('the allowance of one device does not use up that of others', () => {
  const allowance = new Allowance(0)
  const taken = (device: string, times: number): number =>
    Array.from({ length: times }, () => allowance.take(device, 0)).filter(Boolean).length
  assert.is(taken('a', 1_000), 16)
  assert.is(taken('b', 1_000), 16)
  for (let number = 0; number < 20; number++) taken(`c${number}`, 20)
  assert.is(taken('d', 1), 0, 'all together have had theirs')
  assert.ok(allowance.take('a', 16_000))
})

test('recent ids are known until as many others have come', () => {
  const ids = new RecentIds()
  for (let number = 0; number < 8_192; number++) ids.add(idOf(number))
  assert.ok(ids.has(idOf(0)))
  ids.add(idOf(8_192))
  assert.not(ids.has(idOf(0)))
  assert.ok(ids.has(idOf(8_192)))
})

test.run()
