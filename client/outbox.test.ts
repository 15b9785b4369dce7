import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fromHex, type PrivateKey, toHex } from '../protocol/index.ts'
import { newOutbox, type OutboxState, signNext } from './outbox.ts'
import { decodeOutboxRecord, encodeOutboxRecord } from './outbox-record.ts'

const test = suite('outbox')

interface Vector {
  readonly name: string
  readonly kind: string
  readonly inputs: {
    readonly deviceId: { readonly hex: string }
    readonly incarnation: number
    readonly sequence: number
    readonly previousMessageId: { readonly hex: string }
    readonly nextPrivateKey: { readonly hex: string }
    readonly anchorHeight: number
    readonly anchorId: { readonly hex: string }
    readonly contentKind: number
  }
  readonly attachment: string
  readonly signers: readonly {
    readonly algorithm: PrivateKey['algorithm']
    readonly privateKey: string
  }[]
  readonly signedBody: string
  readonly wire: string
  readonly transactionId: string
}

const file = new URL('../../protocol/vectors/transactions.json', import.meta.url)
const golden = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly networkTag: string
  readonly vectors: readonly Vector[]
}
const hex = (text: string): Uint8Array => fromHex(text)!

const noSalt = (): Uint8Array => assert.unreachable('clear content needs no salt') as never

for (const vector of golden.vectors.filter(({ kind }) => kind === 'device-message'))
  test(`it signs the golden message: ${vector.name}`, () => {
    const { inputs, signers } = vector
    const { algorithm, privateKey } = signers[0]!
    const nextKey: PrivateKey = { algorithm, bytes: hex(inputs.nextPrivateKey.hex) }
    const keepsKey = inputs.nextPrivateKey.hex === privateKey
    const before: OutboxState = {
      ...newOutbox({
        networkTag: hex(golden.networkTag),
        deviceId: hex(inputs.deviceId.hex),
        signingKey: { algorithm, bytes: hex(privateKey) },
        ratchetEvery: keepsKey ? 2 : 1,
        genesisId: new Uint8Array(32)
      }),
      incarnation: inputs.incarnation,
      sequence: inputs.sequence - 1,
      headMessageId: hex(inputs.previousMessageId.hex),
      anchor: { height: inputs.anchorHeight, blockId: hex(inputs.anchorId.hex) }
    }
    const said = { contentKind: inputs.contentKind, content: hex(vector.attachment) }
    const { state, message } = signNext(before, said, { key: () => nextKey, salt: noSalt })
    assert.is(toHex(message.messageId), vector.transactionId)
    // An ES256 signature is one of many; body and size are the same.
    if (algorithm === 'Ed25519') assert.is(toHex(message.wire), vector.wire)
    assert.is(message.wire.length, vector.wire.length / 2)
    assert.is(toHex(state.signingKey.bytes), inputs.nextPrivateKey.hex)
    assert.is(state.signingKeyUses, keepsKey ? 1 : 0)
    assert.is(toHex(state.headMessageId!), vector.transactionId)
    const kept = decodeOutboxRecord(encodeOutboxRecord(state))!
    assert.is(toHex(encodeOutboxRecord(kept)), toHex(encodeOutboxRecord(state)))
  })

test('a record holds the next private key and no longer the one that signed', () => {
  const used = new Uint8Array(32).fill(0x11)
  const coming = new Uint8Array(32).fill(0x22)
  const before = {
    ...newOutbox({
      networkTag: new Uint8Array(32),
      deviceId: new Uint8Array(32),
      signingKey: { algorithm: 'Ed25519', bytes: used },
      ratchetEvery: 1,
      genesisId: new Uint8Array(32)
    }),
    headMessageId: new Uint8Array(32)
  }
  const said = { contentKind: 3, content: new Uint8Array(0) }
  const { state } = signNext(before, said, {
    key: () => ({ algorithm: 'Ed25519', bytes: coming }),
    salt: noSalt
  })
  const record = toHex(encodeOutboxRecord(state))
  assert.ok(record.includes(toHex(coming)))
  assert.not(record.includes(toHex(used)))
})

test.run()
