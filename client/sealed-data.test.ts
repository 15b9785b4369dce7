import { createDecipheriv, hkdfSync } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  ascii,
  concatBytes,
  decodeCbor,
  encodeCbor,
  equalBytes,
  fromHex,
  readDeviceMessageEnvelope,
  toHex,
  uint64
} from '../protocol/index.ts'
import {
  type DataKey,
  keyCommitmentOf,
  openContent,
  type SealedHeader,
  sealContent
} from './sealed-data.ts'
import { seededRandom } from './testing/fixtures.ts'
import { SealedWorld } from './testing/sealed-world.ts'

const test = suite('sealed data')

const header = (sequence = 7): SealedHeader => ({
  deviceId: new Uint8Array(32).fill(0xd1),
  incarnation: 2,
  sequence,
  previousMessageId: new Uint8Array(32).fill(1),
  signingKey: new Uint8Array(32).fill(2),
  nextSigningKeyHash: new Uint8Array(32).fill(3),
  anchorHeight: 90,
  anchorId: new Uint8Array(16).fill(4),
  contentKind: 0,
  dataKeyEpoch: 5
})
const dataKey: DataKey = { epoch: 5, bytes: new Uint8Array(32).fill(0xee) }
const salt = new Uint8Array(16).fill(0x5a)
const content = ascii('what only readers read')
const WRONG = { ok: false, fault: 'CONTENT_SEAL_WRONG' }

test('sealed content is salt, ciphertext and tag, as the platform would make them', () => {
  const sealed = sealContent(dataKey, header(), content, salt)
  assert.is(sealed.length, 16 + content.length + 16)
  assert.equal(sealed.subarray(0, 16), salt)
  const { deviceId, incarnation, sequence } = header()
  const info = concatBytes(
    ascii('tm/message-key/1'),
    deviceId,
    uint64(incarnation),
    uint64(sequence)
  )
  const messageKey = new Uint8Array(hkdfSync('sha256', dataKey.bytes, salt, info, 32))
  const cipher = createDecipheriv('chacha20-poly1305', messageKey, new Uint8Array(12), {
    authTagLength: 16
  })
  cipher.setAAD(encodeCbor([1, ...Object.values(header())]), { plaintextLength: content.length })
  cipher.setAuthTag(sealed.subarray(-16))
  assert.equal(new Uint8Array(cipher.update(sealed.subarray(16, -16))), content)
  cipher.final()
})

test('what binds the content is the first eleven positions of the message on the wire', async () => {
  const world = await SealedWorld.start(1)
  await world.grant([])
  await world.adopt()
  const said = await world.device.say(0, Uint8Array.of(0, 0x81, 0xa1, 0x02, 0x01))
  assert.ok(said.ok)
  if (!said.ok) return
  const envelope = readDeviceMessageEnvelope(said.value.wire)!
  const body = decodeCbor(envelope.signedBody) as unknown[]
  assert.is(body.length, 13)
  assert.equal([body[9], body[10]], [0, 1])
  const { kind: _, contentHash: __, contentLength: ___, ...rest } = envelope.message
  assert.equal(
    toHex(encodeCbor([1, ...Object.values(rest)])),
    toHex(encodeCbor(body.slice(0, 11) as Uint8Array[]))
  )
})

test('the commitment of a data key is a tagged hash of it', () => {
  assert.is(
    toHex(keyCommitmentOf(fromHex('00'.repeat(32))!)),
    '1353cf1a0e3ce889d6d062d567c800ea46788b214e128f1b5a4750883e06ffd5'
  )
})

test('spoilt, cut or strange bytes are refused, wherever they are spoilt', () => {
  const sealed = sealContent(dataKey, header(), content, salt)
  for (let position = 0; position < sealed.length; position++) {
    const spoilt = sealed.slice()
    spoilt[position]! ^= 0x04
    assert.equal(openContent(dataKey, header(), spoilt), WRONG)
  }
  assert.equal(openContent(dataKey, header(), sealed.subarray(0, -1)), WRONG)
  for (const short of [new Uint8Array(0), sealed.subarray(0, 31)])
    assert.equal(openContent(dataKey, header(), short), { ok: false, fault: 'CONTENT_TOO_SHORT' })
  const nothing = new Uint8Array(0)
  assert.equal(openContent(dataKey, header(), sealContent(dataKey, header(), nothing, salt)), {
    ok: true,
    value: nothing
  })
})

test('content opens under its own key and header alone: nothing is replayed elsewhere', () => {
  const sealed = sealContent(dataKey, header(), content, salt)
  const opened = openContent(dataKey, header(), sealed)
  assert.ok(opened.ok && equalBytes(opened.value, content))
  assert.equal(openContent({ epoch: 5, bytes: new Uint8Array(32) }, header(), sealed), WRONG)
  const others: Partial<SealedHeader>[] = [
    { deviceId: new Uint8Array(32) },
    { incarnation: 3 },
    { sequence: 8 },
    { previousMessageId: new Uint8Array(32) },
    { signingKey: new Uint8Array(33).fill(2) },
    { nextSigningKeyHash: new Uint8Array(32) },
    { anchorHeight: 91 },
    { anchorId: new Uint8Array(16) },
    { contentKind: 1 }
  ]
  for (const other of others)
    assert.equal(openContent(dataKey, { ...header(), ...other }, sealed), WRONG)
  const next = { epoch: 6, bytes: dataKey.bytes }
  assert.equal(openContent(next, { ...header(), dataKeyEpoch: 6 }, sealed), WRONG)
})

test('two messages of one sequence, as a copied device signs them, share no keystream', () => {
  const randomBytes = seededRandom(3)
  const zeros = new Uint8Array(64)
  const streams = [1, 2].map(() => sealContent(dataKey, header(), zeros, randomBytes(16)))
  assert.not.equal(streams[0]!.subarray(16), streams[1]!.subarray(16))
})

test.run()
