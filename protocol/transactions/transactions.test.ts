import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type CborValue, decodeCbor, encodeCbor } from '../codec/cbor.ts'
import type { CoseSignature } from '../crypto/cose.ts'
import { createPrivateKey, publicKeyOf, signBytes } from '../crypto/signing.ts'
import { concatBytes, fromHex, toHex } from '../foundation/bytes.ts'
import { encodeAlert } from './alert.ts'
import { encodeAlertAck } from './alert-ack.ts'
import { encodeBirthBatch } from './birth-batch.ts'
import { encodeBirthRevoke } from './birth-revoke.ts'
import { encodeClaim } from './claim.ts'
import { encodeClassDefine } from './class-define.ts'
import { encodeCommand } from './command.ts'
import { encodeControllersSet } from './controllers-set.ts'
import { encodeDeviceFork } from './device-fork.ts'
import { encodeDeviceMessage } from './device-message.ts'
import { STATELESS_FAULTS } from './fault.ts'
import { encodeFirmwareConsent } from './firmware-consent.ts'
import { encodeGrant } from './grant.ts'
import { encodeGuardianAct } from './guardian-act.ts'
import { encodeGuardiansSet } from './guardians-set.ts'
import { encodeKeyExposed } from './key-exposed.ts'
import { encodeKeyMisuse } from './key-misuse.ts'
import { type KindName, kindOf } from './kinds.ts'
import { encodeOwnerFork } from './owner-fork.ts'
import { encodePlainOwnerAct } from './plain-owner-act.ts'
import { encodeProfileSet } from './profile-set.ts'
import { encodeQuarantine } from './quarantine.ts'
import { encodeRecover } from './recover.ts'
import { encodeRemediate } from './remediate.ts'
import { encodeRetire } from './retire.ts'
import type { Role } from './role.ts'
import { encodeRotate } from './rotate.ts'
import {
  decodeTransaction,
  encodeTransaction,
  isSignedBy,
  judgeTransaction,
  transactionIdOf,
  transactionSigningBytes
} from './transaction.ts'
import { encodeTransferAccept } from './transfer-accept.ts'
import { encodeTransferOffer } from './transfer-offer.ts'
import { encodeVendorSet } from './vendor-set.ts'

const test = suite('transactions')

interface Vector {
  readonly name: string
  readonly kind: KindName
  readonly inputs: Readonly<Record<string, unknown>>
  readonly attachment: string | null
  readonly signers: readonly {
    readonly role: Role
    readonly algorithm: CoseSignature['algorithm']
    readonly privateKey: string
    readonly publicKey: string
    readonly signingBytes: string
    readonly signature: string
  }[]
  readonly signedBody: string
  readonly wire: string
  readonly wireBytes: number
  readonly transactionId: string
}

const file = new URL('../../../protocol/vectors/transactions.json', import.meta.url)
const golden = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly networkTag: string
  readonly vectors: readonly Vector[]
}
const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array
const networkTag = hex(golden.networkTag)
const otherTag = new Uint8Array(32)

/** Turns every `{hex}` of a vector's inputs into bytes. */
function bytesIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bytesIn)
  if (typeof value !== 'object' || value === null) return value
  if ('hex' in value) return hex(value.hex as string)
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, bytesIn(item)]))
}

const ENCODERS: {
  readonly [Kind in KindName]?: (fields: never, content: Uint8Array) => Uint8Array
} = {
  'device-message': encodeDeviceMessage,
  claim: encodeClaim,
  'vendor-set': encodeVendorSet,
  'class-define': encodeClassDefine,
  'birth-batch': encodeBirthBatch,
  'birth-revoke': encodeBirthRevoke,
  grant: encodeGrant,
  'controllers-set': encodeControllersSet,
  'profile-set': encodeProfileSet,
  'guardians-set': encodeGuardiansSet,
  'transfer-offer': encodeTransferOffer,
  'transfer-cancel': (fields) => encodePlainOwnerAct('transfer-cancel', fields),
  lost: (fields) => encodePlainOwnerAct('lost', fields),
  found: (fields) => encodePlainOwnerAct('found', fields),
  'recovery-cancel': (fields) => encodePlainOwnerAct('recovery-cancel', fields),
  quarantine: encodeQuarantine,
  rotate: encodeRotate,
  recover: encodeRecover,
  retire: encodeRetire,
  'alert-ack': encodeAlertAck,
  remediate: encodeRemediate,
  'firmware-consent': encodeFirmwareConsent,
  'transfer-accept': encodeTransferAccept,
  'guardian-act': encodeGuardianAct,
  command: encodeCommand,
  'device-fork': encodeDeviceFork,
  'key-misuse': encodeKeyMisuse,
  'owner-fork': encodeOwnerFork,
  'key-exposed': encodeKeyExposed,
  alert: encodeAlert
}

function encodeInputs({ kind, inputs, attachment }: Vector): Uint8Array {
  const encode = ENCODERS[kind]
  assert.ok(encode, `${kind} is encoded`)
  return encode(bytesIn(inputs) as never, hex(attachment ?? ''))
}

for (const vector of golden.vectors) {
  const wire = hex(vector.wire)
  const signedBody = hex(vector.signedBody)
  const attachment = vector.attachment === null ? null : hex(vector.attachment)

  test(`${vector.name}: the inputs make the body, the wire and the id`, () => {
    assert.is(toHex(encodeInputs(vector)), vector.signedBody)
    const signatures = vector.signers.map(({ algorithm, signature }) => ({
      algorithm,
      signature: hex(signature)
    }))
    assert.is(toHex(encodeTransaction(signedBody, signatures, attachment)), vector.wire)
    assert.is(toHex(transactionIdOf(networkTag, signedBody)), vector.transactionId)
    assert.is(wire.length, vector.wireBytes)
  })

  test(`${vector.name}: every signer signs the bytes that stand there`, () => {
    for (const { role, algorithm, privateKey, ...signer } of vector.signers) {
      const key = createPrivateKey(algorithm, hex(privateKey))
      assert.ok(key)
      if (key === undefined) return
      const publicKey = publicKeyOf(key)
      assert.is(toHex(publicKey), signer.publicKey)
      const kind = (decodeCbor(signedBody) as readonly number[])[0] as number
      const bytes = transactionSigningBytes(networkTag, signedBody, { kind, role, key: publicKey })
      assert.is(toHex(bytes), signer.signingBytes)
      if (algorithm === 'Ed25519')
        assert.is(toHex(signBytes(key, bytes).signature), signer.signature)
    }
  })

  test(`${vector.name}: it is judged good, and decodes to its inputs`, () => {
    const judged = judgeTransaction(wire, networkTag)
    assert.ok(judged.ok)
    if (!judged.ok) return
    assert.is(toHex(judged.value.id), vector.transactionId)
    assert.is(judged.value.body.kind, vector.kind)
    assert.is(kindOf(judged.value.body).name, vector.kind)
    assert.ok(isGenuine(wire, vector))
    const body = judged.value.body as unknown as Readonly<Record<string, unknown>>
    for (const [name, value] of Object.entries(bytesIn(vector.inputs) as object))
      if (name in body) assert.is(textOf(body[name]), textOf(value), name)
  })

  test(`${vector.name}: on another network its signatures are worth nothing`, () => {
    const decoded = decodeTransaction(wire, otherTag)
    assert.ok(decoded.ok && toHex(decoded.value.id) !== vector.transactionId)
    for (const index of vector.signers.keys())
      assert.not(decoded.ok && isSignedBy(decoded.value, otherTag, signerOf(vector, index)))
  })

  test(`${vector.name}: a flipped bit anywhere makes it faulty, another, or not genuine`, () => {
    for (let position = 0; position < wire.length; position++) {
      const changed = new Uint8Array(wire)
      changed[position] = (changed[position] as number) ^ (1 << (position % 8))
      assert.not(isGenuine(changed, vector), `byte ${position}`)
    }
  })

  test(`${vector.name}: shortened or lengthened it is faulty`, () => {
    for (let length = 0; length < wire.length; length++)
      assert.ok(faultOf(wire.subarray(0, length)), `${length} bytes`)
    for (const tail of [0x00, 0x40, 0x80, 0xf6, 0xff])
      assert.ok(faultOf(concatBytes(wire, Uint8Array.of(tail))))
  })
}

test('every kind that is about a device, or that a maker signs, has a vector', () => {
  const kinds = new Set<string>(golden.vectors.map(({ kind }) => kind))
  assert.equal([...kinds].sort(), Object.keys(ENCODERS).sort())
})

test('the sizes of the design are met to the byte', () => {
  for (const { name, wireBytes } of golden.vectors) {
    const [, said] = / ([\d,]+) bytes/.exec(name) ?? []
    if (said !== undefined) assert.is(wireBytes, Number(said.replace(',', '')), name)
  }
})

test('a heartbeat has 282 bytes, with a sequence of two bytes and an anchor height of nine', () => {
  const sizeOf = (sequence: number, anchorHeight: number): number => {
    const vector = golden.vectors.find(({ name }) =>
      name.startsWith('heartbeat, Ed25519')
    ) as Vector
    const inputs = { ...(bytesIn(vector.inputs) as object), sequence, anchorHeight }
    const body = encodeDeviceMessage(inputs as never, new Uint8Array(0))
    const signature = { algorithm: 'Ed25519', signature: new Uint8Array(64) } as const
    return encodeTransaction(body, [signature], new Uint8Array(0)).length
  }
  assert.is(sizeOf(24, 2 ** 32), 282)
  assert.is(sizeOf(255, Number.MAX_SAFE_INTEGER), 282)
  assert.is(sizeOf(1, 0), 273)
})

test('random bytes are faulty and never thrown at', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      assert.ok(faultOf(bytes))
    })
  )
})

test('transactions with parts of another shape are faulty', () => {
  const [message] = golden.vectors
  const parts = decodeCbor(hex(message?.wire ?? '')) as readonly CborValue[]
  const [body, signatures, attachment] = parts as [Uint8Array, readonly CborValue[], Uint8Array]
  const faults: readonly (readonly [CborValue, string])[] = [
    [[body, signatures], 'SHAPE_WRONG'],
    [[body, signatures, attachment, null], 'SHAPE_WRONG'],
    [[body, signatures, null], 'SHAPE_WRONG'],
    [[body, [], attachment], 'SIGNATURES_WRONG'],
    [[body, [...signatures, ...signatures], attachment], 'SIGNATURES_WRONG'],
    [[body, signatures, Uint8Array.of(...attachment, 0)], 'CONTENT_MISMATCH'],
    [[encodeCbor([2, 3]), signatures, null], 'KIND_UNKNOWN'],
    [[encodeCbor(['1']), signatures, null], 'SHAPE_WRONG'],
    [[concatBytes(body, Uint8Array.of(0)), signatures, attachment], 'ENCODING_NOT_CANONICAL'],
    [[body, signatures, new Uint8Array(16_384)], 'TRANSACTION_TOO_LARGE'],
    [[body, signatures, new Uint8Array(65_536)], 'TRANSACTION_TOO_LARGE']
  ]
  for (const [value, fault] of faults) assert.is(faultOf(encodeCbor(value)), fault)
})

function signerOf(
  { signers }: Vector,
  index: number
): { readonly index: number; readonly role: Role; readonly key: Uint8Array } {
  const { role, publicKey } = signers[index] as Vector['signers'][number]
  return { index, role, key: hex(publicKey) }
}

/** Whether these bytes are this very transaction, with every signature genuine, in state or not. */
function isGenuine(wire: Uint8Array, vector: Vector): boolean {
  const judged = judgeTransaction(wire, networkTag)
  if (!judged.ok) {
    assert.ok(STATELESS_FAULTS.includes(judged.fault))
    return false
  }
  if (toHex(judged.value.id) !== vector.transactionId) return false
  return vector.signers.every((_, index) =>
    isSignedBy(judged.value, networkTag, signerOf(vector, index))
  )
}

function faultOf(wire: Uint8Array): string | undefined {
  const judged = judgeTransaction(wire, networkTag)
  return judged.ok ? undefined : judged.fault
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
