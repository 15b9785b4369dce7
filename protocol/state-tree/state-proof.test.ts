import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '#crypto'
import { ascii } from '../foundation/bytes.ts'
import { deriveVersion } from './derive-version.ts'
import {
  judgeStateProof,
  type StateProof,
  stateProofFromFields,
  stateProofToFields
} from './state-proof.ts'
import { createStateTree } from './state-tree.ts'
import type { TreeVersion } from './version.ts'

const test = suite('state proof')

function keyOf(number: number): Uint8Array {
  return sha256(ascii(`key ${number}`))
}

function versionOf(size: number): TreeVersion {
  return deriveVersion(
    createStateTree().base,
    Array.from({ length: size }, (_, number) => ({
      key: keyOf(number),
      valueHash: sha256(ascii(`value ${number}`))
    }))
  )
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  copy[(bit >>> 3) % copy.length]! ^= 1 << (bit & 7)
  return copy
}

test('a proof with any bit changed is refused', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(45), fc.nat(255), (size, number, bit) => {
      const version = versionOf(size)
      const { root } = version
      const key = keyOf(number)
      const proof = version.prove(key)
      assert.is(judgeStateProof(proof, root, key).ok, true)
      const spoilt: StateProof[] = [
        { ...proof, key: flipped(proof.key, bit) },
        { ...proof, nextKey: flipped(proof.nextKey, bit) },
        { ...proof, valueHash: flipped(proof.valueHash, bit) },
        { ...proof, index: proof.index + 1 },
        { ...proof, index: proof.index - 1 },
        { ...proof, count: proof.count + 1 },
        { ...proof, count: proof.count - 1 },
        { ...proof, siblings: proof.siblings.slice(1) },
        { ...proof, siblings: [...proof.siblings, new Uint8Array(32)] },
        ...proof.siblings.map((sibling, level) => ({
          ...proof,
          siblings: proof.siblings.with(level, flipped(sibling, bit))
        }))
      ]
      for (const candidate of spoilt) assert.is(judgeStateProof(candidate, root, key).ok, false)
      assert.is(judgeStateProof(proof, flipped(root, bit), key).ok, false)
    }),
    { numRuns: 60 }
  )
})

test('a leaf proves nothing but its own key and its own gap', () => {
  const version = versionOf(20)
  for (let number = 0; number < 30; number++)
    for (let other = 0; other < 30; other++) {
      const proof = version.prove(keyOf(number))
      const verdict = judgeStateProof(proof, version.root, keyOf(other))
      if (verdict.ok) assert.equal(verdict.valueHash, version.valueHash(keyOf(other)) ?? null)
      else assert.is(verdict.fault, 'STATE_PROOF_KEY_DIFFERENT')
      if (number === other) assert.ok(verdict.ok)
      else if (number < 20 && other < 20) assert.not.ok(verdict.ok)
    }
})

test('a node of the tree cannot pass for a leaf', () => {
  const version = versionOf(7)
  const key = keyOf(3)
  const proof = version.prove(key)
  const shorter = { ...proof, siblings: proof.siblings.slice(1), index: proof.index >>> 1 }
  assert.equal(judgeStateProof(shorter, version.root, key), {
    ok: false,
    fault: 'STATE_PROOF_MALFORMED'
  })
  assert.equal(judgeStateProof({ ...shorter, count: 4, index: 0 }, version.root, key), {
    ok: false,
    fault: 'STATE_PROOF_ROOT_DIFFERENT'
  })
})

test('fields are read back, and refused when misshapen', () => {
  const proof = versionOf(9).prove(keyOf(4))
  const fields = stateProofToFields(proof)
  assert.equal(stateProofFromFields(fields), { ok: true, proof })
  const [index, count, key, nextKey, valueHash, siblings] = fields
  const misshapen: unknown[] = [
    undefined,
    'proof',
    [],
    [...fields, 0],
    [index, count, key, nextKey, valueHash],
    [count, count, key, nextKey, valueHash, siblings],
    [-1, count, key, nextKey, valueHash, siblings],
    [0.5, count, key, nextKey, valueHash, siblings],
    [`${index}`, count, key, nextKey, valueHash, siblings],
    [0, 0, key, nextKey, valueHash, []],
    [index, Number.NaN, key, nextKey, valueHash, siblings],
    [index, 2 ** 53, key, nextKey, valueHash, siblings],
    [index, BigInt(count), key, nextKey, valueHash, siblings],
    [index, count, key.slice(1), nextKey, valueHash, siblings],
    [index, count, key, [...nextKey], valueHash, siblings],
    [index, count, key, nextKey, null, siblings],
    [index, count, key, nextKey, valueHash, siblings.slice(1)],
    [index, count, key, nextKey, valueHash, siblings.with(0, new Uint8Array(33))],
    [index, count, key, nextKey, valueHash, { length: siblings.length }]
  ]
  for (const candidate of misshapen)
    assert.equal(stateProofFromFields(candidate), { ok: false, fault: 'STATE_PROOF_MALFORMED' })
})

test('fields of any kind never throw', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withTypedArray: true }), (fields) => {
      assert.is(stateProofFromFields(fields).ok, false)
    })
  )
})

test.run()
