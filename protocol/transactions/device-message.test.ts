import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type CborValue, decodeCbor } from '../codec/cbor.ts'
import { coseFromFields } from '../crypto/cose.ts'
import { concatBytes, fromHex, toHex } from '../foundation/bytes.ts'
import {
  type DeviceMessageEnvelope,
  encodeDeviceMessage,
  readDeviceMessage,
  readDeviceMessageEnvelope
} from './device-message.ts'
import { encodeTransaction } from './transaction.ts'

const test = suite('device messages, read quickly and in general')

const file = new URL('../../../protocol/vectors/transactions.json', import.meta.url)
const golden = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly vectors: readonly { readonly name: string; readonly wire: string }[]
}

const number = fc.oneof(
  fc.constantFrom(0, 1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1),
  fc.nat(),
  fc.maxSafeNat()
)
const bytesOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length })
const anyKey = fc.oneof(
  bytesOf(32),
  bytesOf(33).map((key) =>
    concatBytes(Uint8Array.of(2 + ((key[0] as number) & 1)), key.subarray(1))
  )
)
const anyMessage = fc.record({
  fields: fc.record({
    deviceId: bytesOf(32),
    incarnation: number,
    sequence: number,
    previousMessageId: bytesOf(32),
    signingKey: anyKey,
    nextSigningKeyHash: bytesOf(32),
    anchorHeight: number,
    anchorId: bytesOf(16),
    contentKind: number,
    dataKeyEpoch: number
  }),
  signature: bytesOf(64),
  algorithm: fc.constantFrom('Ed25519' as const, 'ES256' as const),
  content: fc.uint8Array({ maxLength: 300 })
})

test('the quick reader and the general decoder read the same messages', () => {
  fc.assert(
    fc.property(anyMessage, ({ fields, signature, algorithm, content }) => {
      const body = encodeDeviceMessage(fields, content)
      const wire = encodeTransaction(body, [{ algorithm, signature }], content)
      const quick = readDeviceMessageEnvelope(wire)
      assert.ok(quick)
      assert.is(textOf(quick), textOf(readGenerally(wire)))
      assert.is(textOf(quick?.message.anchorHeight), textOf(fields.anchorHeight))
    }),
    { numRuns: 500 }
  )
})

interface Mutation {
  readonly at: number
  readonly remove: number
  readonly insert: Uint8Array
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat({ max: 400 }),
  remove: fc.nat({ max: 3 }),
  insert: fc.oneof(
    fc.uint8Array({ maxLength: 3 }),
    // Heads that say a length or a number in more bytes than it needs, and lengths without end.
    fc
      .constantFrom(
        [0x18, 0x01],
        [0x19, 0, 1],
        [0x1b, 0, 0, 0, 0, 0, 0, 0, 1],
        [0x5f],
        [0x9f],
        [0x58]
      )
      .map((list) => Uint8Array.from(list))
  )
})

test('they also agree on what is no message, whatever bytes are changed', () => {
  fc.assert(
    fc.property(
      anyMessage,
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      (said, mutations) => {
        const body = encodeDeviceMessage(said.fields, said.content)
        const signature = { algorithm: said.algorithm, signature: said.signature }
        let wire = encodeTransaction(body, [signature], said.content)
        for (const change of mutations) wire = mutate(wire, change)
        assert.is(textOf(readDeviceMessageEnvelope(wire)), textOf(readGenerally(wire)))
      }
    ),
    { numRuns: 2_000 }
  )
})

test('they agree on every change of one byte of the heads and integers', () => {
  const heartbeat = golden.vectors.find(({ name }) => name.startsWith('heartbeat, ES256'))
  const wire = fromHex(heartbeat?.wire ?? '') as Uint8Array
  assert.is(wire.length, 283)
  for (let position = 0; position < wire.length; position++)
    for (const value of [
      0x00, 0x17, 0x18, 0x1b, 0x1f, 0x40, 0x58, 0x5f, 0x81, 0x9f, 0xa0, 0xf6, 0xff
    ]) {
      const changed = new Uint8Array(wire)
      changed[position] = value
      const quick = readDeviceMessageEnvelope(changed)
      assert.is(textOf(quick), textOf(readGenerally(changed)), `${value} at ${position}`)
    }
})

/** What the quick reader reads, read by the general decoder and the shapes. */
function readGenerally(wire: Uint8Array): DeviceMessageEnvelope | undefined {
  const parts = decodeCbor(wire)
  if (!Array.isArray(parts) || parts.length !== 3) return undefined
  const [signedBody, signatures, content] = parts as readonly CborValue[]
  if (!(signedBody instanceof Uint8Array) || !(content instanceof Uint8Array)) return undefined
  if (!Array.isArray(signatures) || signatures.length !== 1) return undefined
  const signature = coseFromFields(signatures[0])
  const message = readDeviceMessage(decodeCbor(signedBody))
  if (signature === undefined || message === undefined) return undefined
  return { message, signedBody, signature, content }
}

function mutate(wire: Uint8Array, { at, remove, insert }: Mutation): Uint8Array {
  const start = at % (wire.length + 1)
  return concatBytes(wire.subarray(0, start), insert, wire.subarray(start + remove))
}

/** One text for one value, whatever class its bytes are of. */
function textOf(value: unknown): string {
  return JSON.stringify(plain(value)) ?? 'undefined'
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { hex: toHex(value) }
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]))
}

test.run()
