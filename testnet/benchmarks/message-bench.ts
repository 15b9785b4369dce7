/**
 * What a device pays for one message: a fresh key, the signature, and the record that is written before
 * anything leaves, beside what a signature alone costs on the same machine.
 *
 * The storage is in memory: a disk or a flash chip adds its own write, which is not the program's.
 *
 * @module
 */

import {
  createDevice,
  type Device,
  drawPrivateKey,
  type RecordStorage,
  senmlContent,
  systemRandomBytes
} from '../../client/index.ts'
import { invariant, signBytes } from '../../protocol/index.ts'
import { type Benchmark, countOf, ratiosOf } from './benchmark.ts'

/** What was measured. */
interface MessageReport {
  readonly messages: number
  /** For one message, by the clock: half of all take less, and 99 of 100. */
  readonly p50Us: number
  readonly p99Us: number
  /** For one Ed25519 signature over as many bytes. */
  readonly signatureUs: number
  /** How many signatures one message is worth. */
  readonly signatures: number
  readonly boundUs: number
  readonly valid: boolean
}

/** Half of all messages are built within this. */
const BOUND_US = 500
/** Messages of one device: what waits for its receipt makes the record longer. */
const MESSAGES_PER_DEVICE = 16
const SIGNED_BYTES = 330
const WARM_UP_DEVICES = 16

/** What one message costs a device. */
export const messageBenchmark: Benchmark = {
  name: 'message',
  about: 'what building one message costs a device, beside a signature alone',
  flags: [
    {
      kind: 'count',
      name: 'messages',
      about: 'messages that are measured',
      fallback: 4000,
      range: [100, 1_000_000]
    }
  ],
  measure: async (wish) => {
    const report = await measureMessages(countOf(wish, 'messages'))
    return {
      valid: report.valid,
      disturbed: false,
      remarks: [],
      ratios: ratiosOf({ 'a message ÷ a signature': [report.signatures, 'lower'] }),
      lines: messageTable(report),
      figures: report
    }
  }
}

/** Measures so many messages, of fresh devices in turn. */
async function measureMessages(count: number): Promise<MessageReport> {
  const timesUs: number[] = []
  for (let device = 0; device < WARM_UP_DEVICES; device++) await speak(await freshDevice(), [])
  while (timesUs.length < count) await speak(await freshDevice(), timesUs)
  timesUs.sort((left, right) => left - right)
  const at = (share: number): number => timesUs[Math.floor(share * (timesUs.length - 1))] ?? 0
  const [p50Us, p99Us, signatureUs] = [at(0.5), at(0.99), measureSignature(count)]
  return {
    messages: timesUs.length,
    p50Us,
    p99Us,
    signatureUs,
    signatures: p50Us / signatureUs,
    boundUs: BOUND_US,
    valid: p50Us <= BOUND_US
  }
}

function messageTable(report: MessageReport): readonly string[] {
  const { messages, p50Us, p99Us, signatureUs, signatures, boundUs, valid } = report
  return [
    `one message  ${p50Us.toFixed(0)} µs for half of ${messages}, ${p99Us.toFixed(0)} µs for 99 of 100`,
    `a signature  ${signatureUs.toFixed(0)} µs: one message is worth ${signatures.toFixed(1)} of them`,
    `bound        ${boundUs} µs: ${valid ? 'kept' : 'NOT KEPT'}`
  ]
}

async function freshDevice(): Promise<Device> {
  const options = {
    networkTag: new Uint8Array(32).fill(1),
    deviceId: systemRandomBytes(32),
    signingKey: drawPrivateKey('Ed25519', systemRandomBytes),
    ratchetEvery: 1,
    genesisId: new Uint8Array(32).fill(2)
  }
  const ports = { storage: memoryStorage(), randomBytes: systemRandomBytes }
  const device = await createDevice(options, ports)
  const begun = await device.beginIncarnation(0, new Uint8Array(32).fill(3))
  invariant(begun.ok, 'a device that was claimed begins to speak')
  return device
}

async function speak(device: Device, timesUs: number[]): Promise<void> {
  for (let message = 0; message < MESSAGES_PER_DEVICE; message++) {
    const content = senmlContent([{ n: 'temperature', u: 'Cel', v: 20 + message / 10 }])
    const beforeMs = performance.now()
    const said = await device.say(0, content)
    timesUs.push(1_000 * (performance.now() - beforeMs))
    invariant(said.ok, 'there is room in the outbox of a fresh device')
  }
}

/** Signatures alone, in their median as messages are: what else runs here slows both alike. */
function measureSignature(count: number): number {
  const key = drawPrivateKey('Ed25519', systemRandomBytes)
  const message = systemRandomBytes(SIGNED_BYTES)
  const timesUs = Array.from({ length: count }, () => {
    const beforeMs = performance.now()
    signBytes(key, message)
    return 1_000 * (performance.now() - beforeMs)
  })
  return timesUs.sort((left, right) => left - right)[Math.floor(count / 2)] ?? 0
}

function memoryStorage(): RecordStorage {
  let kept: Uint8Array | undefined
  return {
    read: async () => kept,
    write: async (record) => {
      kept = record.slice()
    }
  }
}
