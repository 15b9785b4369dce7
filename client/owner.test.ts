import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  createPrivateKey,
  decodeInception,
  decodeTransaction,
  deviceIdOf,
  isInList,
  judgeTransaction,
  keyHash,
  ownerships,
  publicKeyOf,
  toHex
} from '../protocol/index.ts'
import { createBirth, createBirthTree } from './births.ts'
import { type Box, decodeBox, encodeBox } from './box.ts'
import { checkRead } from './checks.ts'
import { drawPrivateKey } from './device-keys.ts'
import { trustGenesis } from './ledger-follower.ts'
import { type ClaimOptions, draftClaim, finishClaim, ownerKeyOf } from './owner.ts'
import { signPresence } from './presence.ts'
import { shuffled, systemRandomBytes } from './random.ts'
import { claimDevice, seededRandom } from './testing/fixtures.ts'

const test = suite('makers and owners')

const NETWORK_TAG = new Uint8Array(32).fill(7)
const CLASS = {
  classId: new Uint8Array(32).fill(1),
  classVersion: 1,
  algorithm: 'Ed25519'
} as const

test('an owner key follows from wallet, device and sequence alone, and each is another', () => {
  const seed = Uint8Array.from({ length: 32 }, (_, index) => index)
  const deviceId = new Uint8Array(32).fill(0xaa)
  const key = ownerKeyOf(seed, deviceId, 1)
  assert.is(toHex(key.bytes), 'bc92ad0fb02a83890aa6600a3c099ade4ff08bb3edb3578f37e8285e2b7d23e9')
  const others = [ownerKeyOf(seed, deviceId, 2), ownerKeyOf(seed, new Uint8Array(32), 1)]
  assert.is(new Set([key, ...others].map(({ bytes }) => toHex(bytes))).size, 3)
})

test('a claim made the real way is applied, and the ledger holds the key of the first action', () => {
  const { ledger, birth, walletSeed } = claimDevice('ES256', seededRandom(31))
  const network = trustGenesis(ledger.genesis)
  const place = { table: ownerships.number, key: birth.deviceId }
  const read = checkRead(network, place, ledger.readProof(place.table, place.key))
  assert.ok(read.ok && read.value.value !== null)
  if (!read.ok || read.value.value === null) return
  const record = ownerships.decode(read.value.value)
  const firstKey = publicKeyOf(ownerKeyOf(walletSeed, birth.deviceId, 1))
  assert.equal(record.ownerKeyHash, keyHash(firstKey))
  assert.is(record.rotationKeyHashes.length, 2)
})

test('every device of a batch is proved by its path, and strangers have no place', () => {
  const randomBytes = seededRandom(32)
  for (const count of [1, 2, 3, 7, 8, 33]) {
    const ids = Array.from({ length: count }, () => randomBytes(32))
    const tree = createBirthTree(ids, randomBytes)
    const indices = new Set<number>()
    for (const deviceId of ids) {
      const place = tree.placeOf(deviceId)!
      indices.add(place.leafIndex)
      const proof = { index: place.leafIndex, count, path: place.path }
      assert.ok(isInList(deviceId, proof, tree.merkleRoot))
    }
    assert.is(indices.size, count)
    assert.is(tree.placeOf(randomBytes(32)), undefined)
  }
})

test('shuffling keeps every item and gives every order about equally often', () => {
  const randomBytes = seededRandom(33)
  const counts = new Map<string, number>()
  for (let round = 0; round < 6_000; round++) {
    const order = shuffled([1, 2, 3], randomBytes).join('')
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  assert.is(counts.size, 6)
  for (const count of counts.values()) assert.ok(count > 850 && count < 1150)
})

test('the platform gives as many random bytes as asked for', () => {
  assert.is(systemRandomBytes(0).length, 0)
  const many = systemRandomBytes(70_000)
  assert.ok(many.subarray(65_536).some((byte) => byte !== 0))
})

test('keys of both algorithms are drawn; what is no scalar of P-256 is no key', () => {
  const randomBytes = seededRandom(34)
  assert.is(publicKeyOf(drawPrivateKey('Ed25519', randomBytes)).length, 32)
  assert.is(publicKeyOf(drawPrivateKey('ES256', randomBytes)).length, 33)
  assert.is(createPrivateKey('ES256', new Uint8Array(32).fill(0xff)), undefined)
  assert.is(createPrivateKey('ES256', new Uint8Array(32)), undefined)
  assert.is(createPrivateKey('Ed25519', new Uint8Array(31)), undefined)
  let calls = 0
  const first = (length: number): Uint8Array =>
    calls++ === 0 ? new Uint8Array(length).fill(0xff) : randomBytes(length)
  assert.is(drawPrivateKey('ES256', first).bytes.length, 32)
  assert.is(calls, 2)
})

test('a birth holds together: id, inception and the public halves of its secrets', () => {
  const birth = createBirth(CLASS, seededRandom(35))
  const inception = decodeInception(birth.inceptionBytes)!
  assert.equal(deviceIdOf(birth.inceptionBytes), birth.deviceId)
  assert.equal(inception.signingKeyHash, keyHash(publicKeyOf(birth.secrets.signingKey)))
  assert.equal(inception.attestationKey, publicKeyOf(birth.secrets.attestationKey))
  const boxKey = publicKeyOf({ algorithm: 'Ed25519', bytes: birth.boxSeed })
  assert.equal(inception.boxKeyHash, keyHash(boxKey))
})

test('a box reads back, with its place or without; anything else is no box', () => {
  const { inceptionBytes, boxSeed } = createBirth(CLASS, seededRandom(36))
  const birth = {
    birthBatchId: new Uint8Array(32),
    leafIndex: 5,
    path: [new Uint8Array(32).fill(3)]
  }
  for (const box of [
    { inceptionBytes, boxSeed, birth: null },
    { inceptionBytes, boxSeed, birth }
  ]) {
    const encoded = encodeBox(box)
    assert.equal(plain(decodeBox(encoded)!), plain(box))
    assert.is(decodeBox(encoded.subarray(1)), undefined)
    assert.is(decodeBox(Uint8Array.of(...encoded, 0)), undefined)
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      assert.is(decodeBox(bytes), undefined)
    })
  )
})

test('a device is present only for claims of itself', () => {
  const randomBytes = seededRandom(37)
  const [own, other] = [createBirth(CLASS, randomBytes), createBirth(CLASS, randomBytes)]
  const device = {
    networkTag: NETWORK_TAG,
    inceptionBytes: own.inceptionBytes,
    attestationKey: own.secrets.attestationKey
  }
  const draft = draftClaim(claimOptions(own))
  const presence = signPresence(draft.signedBody, device)
  assert.ok(presence.ok)
  if (presence.ok) {
    const claim = finishClaim(draft, presence.value)
    assert.ok(judgeTransaction(claim.wire, NETWORK_TAG).ok)
    assert.equal(claim.transactionId, decodedId(claim.wire))
  }
  assert.equal(signPresence(draftClaim(claimOptions(other)).signedBody, device), {
    ok: false,
    fault: 'PRESENCE_OF_OTHER_DEVICE'
  })
  assert.equal(signPresence(Uint8Array.of(0x81, 0x01), device), {
    ok: false,
    fault: 'PRESENCE_NOT_A_CLAIM'
  })
})

test('the claim of a device of a batch of 10^6 has the size that its page says', () => {
  const birth = createBirth(CLASS, seededRandom(38))
  // An index of five bytes, twenty levels; class version below 24; three rotation keys, guardians
  // whose delay takes five bytes.
  const options: ClaimOptions = {
    ...claimOptions(birth, {
      leafIndex: 999_999,
      path: Array.from({ length: 20 }, (_, index) => new Uint8Array(32).fill(index))
    }),
    rotationKeyHashes: [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)],
    guardians: { root: new Uint8Array(32), threshold: 2, count: 3, delayMs: 86_400_000 }
  }
  const draft = draftClaim(options)
  const presence = signPresence(draft.signedBody, {
    networkTag: NETWORK_TAG,
    inceptionBytes: birth.inceptionBytes,
    attestationKey: birth.secrets.attestationKey
  })
  assert.ok(presence.ok)
  if (presence.ok) assert.is(finishClaim(draft, presence.value).wire.length, 1_314)
})

function claimOptions(
  birth: { readonly inceptionBytes: Uint8Array; readonly boxSeed: Uint8Array },
  place: { readonly leafIndex: number; readonly path: readonly Uint8Array[] } = {
    leafIndex: 0,
    path: []
  }
): ClaimOptions {
  const { inceptionBytes, boxSeed } = birth
  const record = { birthBatchId: new Uint8Array(32), ...place }
  return {
    networkTag: NETWORK_TAG,
    box: { inceptionBytes, boxSeed, birth: record },
    birth: record,
    walletSeed: new Uint8Array(32).fill(1),
    rotationKeyHashes: [new Uint8Array(32).fill(0x22)],
    rotationThreshold: 1,
    guardians: null
  }
}

function decodedId(wire: Uint8Array): Uint8Array | undefined {
  const decoded = decodeTransaction(wire, NETWORK_TAG)
  return decoded.ok ? decoded.value.id : undefined
}

/** Plain arrays: the decoder may give arrays of another class. */
function plain({ inceptionBytes, boxSeed, birth }: Box): unknown {
  const place = birth && [toHex(birth.birthBatchId), birth.leafIndex, birth.path.map(toHex)]
  return [toHex(inceptionBytes), toHex(boxSeed), place]
}

test.run()
