import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type PrivateKey, publicKeyOf, toHex, vendorKeysHash } from '../protocol/index.ts'
import {
  drawHolderJwk,
  issueCredential,
  judgeCredential,
  presentCredential,
  statusIndexOf
} from './credential.ts'
import {
  createStatusList,
  decodeIssuerSheet,
  encodeIssuerSheet,
  infoHashOf,
  isRevoked,
  proveIssuerSheet,
  revokeIn,
  statusPartOf
} from './issuer-sheet.ts'
import type { JsonObject } from './json-web-signature.ts'
import { seededRandom } from './testing/fixtures.ts'
import { WalletWorld } from './testing/wallet-world.ts'
import { signVendorSet } from './vendor.ts'

const test = suite('credentials')

const ISSUER_KEY: PrivateKey = { algorithm: 'Ed25519', bytes: new Uint8Array(32).fill(5) }
const SEED = new Uint8Array(32).fill(11)
const VENDOR_ID = new Uint8Array(32).fill(12)
const NOW_MS = 1_800_000_000_000
const DAY_MS = 86_400_000
const TYPE = 'urn:example:licensed-operator'
const ASKED = { verifier: 'harbour.example', nonce: 'n-1', type: TYPE }
const INDEX = 300

/** An issuer with a list of 1,024 credentials, and one of them. */
function issued(change: object = {}) {
  const random = seededRandom(8)
  const holder = drawHolderJwk(SEED, random)
  const list = createStatusList(1_024)
  const keys = new Map([['k1', publicKeyOf(ISSUER_KEY)]])
  const issuer = { networkId: 'test', vendorId: VENDOR_ID, keys }
  const credential = issueCredential(
    {
      ...{ networkId: 'test', vendorId: VENDOR_ID, kid: 'k1', key: ISSUER_KEY, type: TYPE },
      claims: { licence: 'crane', name: 'Ada Example', since: 2_019 },
      ...{ holder, statusIndex: INDEX, nowMs: NOW_MS, notAfterMs: NOW_MS + DAY_MS },
      ...change
    },
    random
  )
  assert.ok(credential.ok)
  const text = credential.ok ? credential.value : ''
  const sheetOf = (bits: Uint8Array) => decodeIssuerSheet(encodeIssuerSheet(issuer, bits))!
  return { credential: text, list, sheetOf, issuer }
}

const shownWith = (credential: string, shown: readonly string[], change: object = {}): string => {
  const asked = { ...ASKED, shown, nowMs: NOW_MS, ...change }
  const presented = presentCredential(SEED, credential, asked)
  assert.ok(presented.ok)
  return presented.ok ? presented.value : ''
}

test('one claim is shown to one verifier, and the others stay hidden', () => {
  const { credential, list, sheetOf } = issued()
  const shown = shownWith(credential, ['licence'])
  assert.not.match(Buffer.from(shown.split('~').slice(1).join(''), 'base64url').toString(), /Ada/)
  const issuer = { sheet: sheetOf(list), status: statusPartOf(list, INDEX) }
  const judged = judgeCredential(shown, issuer, { ...ASKED, nowMs: NOW_MS })
  assert.ok(judged.ok, judged.ok ? '' : judged.fault)
  if (!judged.ok) return
  assert.is(judged.value['licence'], 'crane')
  assert.equal('name' in judged.value || 'since' in judged.value, false)
  assert.is(statusIndexOf(credential), INDEX)
})

test('another verifier, another nonce, another kind, another time: each is refused by its name', () => {
  const { credential, list, sheetOf } = issued()
  const shown = shownWith(credential, ['licence'])
  const issuer = { sheet: sheetOf(list), status: statusPartOf(list, INDEX) }
  const faultOf = (change: object, text = shown, by = issuer): string => {
    const judged = judgeCredential(text, by, { ...ASKED, nowMs: NOW_MS, ...change })
    return judged.ok ? 'none' : judged.fault
  }
  assert.is(faultOf({ verifier: 'thief.example' }), 'KEY_BINDING_OF_OTHER')
  assert.is(faultOf({ nonce: 'n-2' }), 'KEY_BINDING_OF_OTHER')
  assert.is(faultOf({ type: 'urn:example:other' }), 'CREDENTIAL_OF_OTHER_TYPE')
  assert.is(faultOf({ nowMs: NOW_MS + 301_000 }), 'KEY_BINDING_OF_OTHER')
  assert.is(faultOf({ nowMs: NOW_MS + DAY_MS }), 'CREDENTIAL_EXPIRED')
  assert.is(faultOf({ nowMs: NOW_MS - DAY_MS }), 'CREDENTIAL_NOT_YET')
  assert.is(faultOf({}, shown.slice(0, shown.lastIndexOf('~') + 1)), 'KEY_BINDING_WRONG')
  assert.is(faultOf({}, 'nonsense'), 'CREDENTIAL_MALFORMED')
  const stranger = {
    ...issuer.sheet,
    keys: new Map([['k1', publicKeyOf({ ...ISSUER_KEY, bytes: SEED })]])
  }
  assert.is(faultOf({}, shown, { ...issuer, sheet: stranger }), 'CREDENTIAL_FORGED')
  const elsewhere = { ...issuer.sheet, vendorId: new Uint8Array(32) }
  assert.is(faultOf({}, shown, { ...issuer, sheet: elsewhere }), 'CREDENTIAL_FORGED')
})

test('who was not given a credential cannot show it, and nobody shows what it does not hold', () => {
  const { credential } = issued()
  const asked = { ...ASKED, shown: ['licence'], nowMs: NOW_MS }
  const stolen = presentCredential(new Uint8Array(32).fill(99), credential, asked)
  assert.equal(stolen, { ok: false, fault: 'HOLDER_OTHER' })
  const more = presentCredential(SEED, credential, { ...asked, shown: ['licence', 'age'] })
  assert.equal(more, { ok: false, fault: 'CLAIM_UNKNOWN' })
  const again = presentCredential(SEED, shownWith(credential, ['licence']), asked)
  assert.equal(again, { ok: false, fault: 'CREDENTIAL_MALFORMED' })
})

test('two credentials of one owner share no key', () => {
  const random = seededRandom(8)
  const [one, other] = [drawHolderJwk(SEED, random), drawHolderJwk(SEED, random)]
  assert.is.not(one['x'], other['x'])
  assert.is.not(one['kid'], other['kid'])
})

test('a revoked credential is refused by today’s list, and a part of yesterday’s list proves nothing', () => {
  const { credential, list, sheetOf } = issued()
  const shown = shownWith(credential, [])
  const revoked = revokeIn(list, INDEX)
  const judge = (today: ReturnType<typeof sheetOf>, bits: Uint8Array, index = INDEX): string => {
    const status = statusPartOf(bits, index)
    const judged = judgeCredential(shown, { sheet: today, status }, { ...ASKED, nowMs: NOW_MS })
    return judged.ok ? 'none' : judged.fault
  }
  assert.is(judge(sheetOf(list), list), 'none')
  assert.is(judge(sheetOf(revoked), revoked), 'CREDENTIAL_REVOKED')
  assert.is(judge(sheetOf(revoked), list), 'STATUS_UNPROVED')
  assert.is(judge(sheetOf(revokeIn(list, INDEX + 1)), revokeIn(list, INDEX + 1)), 'none')
  assert.is(judge(sheetOf(revoked), revoked, 0), 'STATUS_UNPROVED', 'another part of the list')
  const sheet = sheetOf(list)
  for (const index of [1_024, -1, 0.5])
    assert.is(isRevoked(sheet, index, statusPartOf(list, 0)), undefined)
})

test('claims cannot take the place of what a verifier relies on', () => {
  for (const name of ['exp', 'cnf', 'status', '_sd']) {
    const claims: JsonObject = { [name]: 1 }
    const { issuer } = issued()
    const options = {
      ...{ ...issuer, kid: 'k1', key: ISSUER_KEY, type: TYPE, claims, statusIndex: 0 },
      ...{ holder: drawHolderJwk(SEED, seededRandom(1)), nowMs: 0, notAfterMs: 1 }
    }
    const verdict = issueCredential(options, seededRandom(1))
    assert.equal(verdict, { ok: false, fault: 'CLAIM_NAME_TAKEN' }, name)
    const unheld = issueCredential({ ...options, claims: {}, holder: {} }, seededRandom(1))
    assert.equal(unheld, { ok: false, fault: 'HOLDER_KEY_WRONG' })
  }
})

test('the ledger knows the issuer’s keys and list by the hash of its sheet, and no other sheet counts', async () => {
  const world = new WalletWorld(71)
  const { ledger, vendor } = world.claimed
  const keys = new Map([['k1', publicKeyOf(ISSUER_KEY)]])
  const issuer = { networkId: 'test', vendorId: vendor.vendorId, keys }
  const bytes = encodeIssuerSheet(issuer, createStatusList(256))
  const faultOf = async (sheet: Uint8Array, nowMs = world.nowMs): Promise<string> => {
    const proved = await proveIssuerSheet(sheet, nowMs, world.ports)
    return proved.ok ? toHex(proved.value.vendorId) : proved.fault
  }
  assert.is(await faultOf(bytes), 'ISSUER_SHEET_OTHER', 'before it is on the ledger')
  // The fixture's maker committed to a key that its random draws gave next.
  const random = seededRandom(71)
  random(32)
  const next: PrivateKey = { algorithm: 'Ed25519', bytes: random(32) }
  const act = signVendorSet(
    ledger.networkTag,
    { ...vendor, publicKeys: [publicKeyOf(next)], signingKeys: [[0, next]] },
    {
      vendorSequence: 4,
      nextKeysHash: vendorKeysHash([publicKeyOf(next)], 1),
      infoHash: infoHashOf(bytes)
    }
  )
  assert.equal(world.verdicts([act]), ['applied'])
  assert.is(await faultOf(bytes), toHex(vendor.vendorId))
  const revoked = encodeIssuerSheet(issuer, revokeIn(createStatusList(256), 3))
  assert.is(await faultOf(revoked), 'ISSUER_SHEET_OTHER')
  const foreign = encodeIssuerSheet({ ...issuer, vendorId: VENDOR_ID }, createStatusList(256))
  assert.is(await faultOf(foreign), 'ISSUER_UNKNOWN')
  assert.is(await faultOf(new Uint8Array(3)), 'ISSUER_SHEET_MALFORMED')
  assert.is(await faultOf(bytes, world.nowMs + 600_000), 'LEDGER_STALE')
})

test.run()
