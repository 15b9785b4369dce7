import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ascii, publicKeyOf, toHex } from '../protocol/index.ts'
import { judgeKeyBinding } from './credential.ts'
import {
  fromBase64Url,
  fromJwk,
  isTokenSigned,
  type JsonObject,
  type JsonValue,
  readToken,
  signToken,
  toBase64Url
} from './json-web-signature.ts'
import { digestOf, processSdJwt, readSdJwt } from './sd-jwt.ts'
import { ISSUED, ISSUER_JWK, SHOWN, SHOWN_CREDENTIAL } from './testing/rfc9901.ts'

const test = suite('SD-JWT')

const ISSUER_KEY = fromJwk(ISSUER_JWK)!
const KEY = { algorithm: 'Ed25519', bytes: new Uint8Array(32).fill(3) } as const
const ASKED = { verifier: 'https://verifier.example.org', nonce: '1234567890' }
const SHOWN_AT = 1_748_537_244

test('RFC 9901 §5.1: the issuer signed, and all disclosures find their digests', () => {
  const read = readSdJwt(ISSUED)!
  assert.ok(isTokenSigned(read.token, ISSUER_KEY))
  const processed = processSdJwt(read)
  assert.ok(processed.ok)
  if (!processed.ok) return
  assert.equal(processed.value['nationalities'], ['US', 'DE'])
  assert.is(processed.value['email'], 'johndoe@example.com')
  assert.is(
    Object.keys(processed.value).some((name) => name.startsWith('_sd')),
    false
  )
})

test('RFC 9901 §5.2: what is shown to one verifier, and nothing else', () => {
  const read = readSdJwt(SHOWN)!
  const processed = processSdJwt(read)
  assert.ok(isTokenSigned(read.token, ISSUER_KEY) && processed.ok)
  if (!processed.ok) return
  const { cnf: _, ...claims } = processed.value
  assert.equal(claims, {
    iss: 'https://issuer.example.com',
    iat: 1_683_000_000,
    exp: 1_883_000_000,
    sub: 'user_42',
    nationalities: ['US'],
    family_name: 'Doe',
    address: {
      street_address: '123 Main St',
      locality: 'Anytown',
      region: 'Anystate',
      country: 'US'
    },
    given_name: 'John'
  })
  assert.is(read.keyBinding?.payload['sd_hash'], '0_Af-2B-EhLWX5ydh_w2xzwmO6iM66B_2QCEanI4fUY')
  assert.is(judgeKeyBinding(read, ASKED, SHOWN_AT), undefined)
})

test('RFC 9901 Appendix A.3: disclosures in disclosures of a credential', () => {
  const read = readSdJwt(SHOWN_CREDENTIAL)!
  const processed = processSdJwt(read)
  assert.ok(isTokenSigned(read.token, ISSUER_KEY) && processed.ok)
  if (!processed.ok) return
  assert.is(read.token.header['typ'], 'dc+sd-jwt')
  assert.is(processed.value['vct'], 'urn:eudi:pid:de:1')
  assert.equal(processed.value['age_equal_or_over'], { 18: true })
  assert.equal(processed.value['nationalities'], ['DE'])
  assert.is(judgeKeyBinding(read, ASKED, SHOWN_AT), undefined)
})

test('a presentation answers one verifier, one nonce, just now, and exactly what is shown', () => {
  const read = readSdJwt(SHOWN)!
  for (const change of [{ verifier: 'https://thief.example' }, { nonce: '1234567891' }])
    assert.is(judgeKeyBinding(read, { ...ASKED, ...change }, SHOWN_AT), 'KEY_BINDING_OF_OTHER')
  for (const seconds of [SHOWN_AT + 301, SHOWN_AT - 121])
    assert.is(judgeKeyBinding(read, ASKED, seconds), 'KEY_BINDING_OF_OTHER')
  const parts = SHOWN.split('~')
  const fewer = readSdJwt([...parts.slice(0, 2), ...parts.slice(3)].join('~'))!
  assert.is(judgeKeyBinding(fewer, ASKED, SHOWN_AT), 'KEY_BINDING_WRONG')
  const none = readSdJwt(SHOWN.slice(0, SHOWN.lastIndexOf('~') + 1))!
  assert.is(judgeKeyBinding(none, ASKED, SHOWN_AT), 'KEY_BINDING_WRONG')
})

test('whatever letter is changed, an SD-JWT is not what was signed and shown', () => {
  fc.assert(
    fc.property(
      fc.nat(SHOWN.length - 1),
      fc.constantFrom('A', 'z', '0', '~', '.'),
      (at, letter) => {
        fc.pre(SHOWN[at] !== letter)
        const read = readSdJwt(`${SHOWN.slice(0, at)}${letter}${SHOWN.slice(at + 1)}`)
        const isWhole =
          read !== undefined &&
          isTokenSigned(read.token, ISSUER_KEY) &&
          processSdJwt(read).ok &&
          judgeKeyBinding(read, ASKED, SHOWN_AT) === undefined
        assert.not(isWhole)
      }
    ),
    { numRuns: 150 }
  )
})

const disclose = (...parts: readonly JsonValue[]): string =>
  toBase64Url(new TextEncoder().encode(JSON.stringify(['c2FsdA', ...parts])))

/** What comes of a payload with these disclosures. */
function outcomeOf(payload: JsonObject, disclosures: readonly string[]): JsonObject | string {
  const text = `${[signToken({ typ: 'dc+sd-jwt' }, payload, KEY), ...disclosures].join('~')}~`
  const processed = processSdJwt(readSdJwt(text)!)
  return processed.ok ? processed.value : processed.fault
}

test('disclosures that hide, repeat or belong to nothing are refused (RFC 9901 §7.1)', () => {
  const a = disclose('a', 1)
  assert.equal(outcomeOf({ _sd: [digestOf(a)] }, [a]), { a: 1 })
  assert.equal(outcomeOf({ _sd: ['decoy'] }, []), {})
  assert.is(outcomeOf({ _sd: [digestOf(a)] }, [a, a]), 'DISCLOSURE_WRONG')
  assert.is(outcomeOf({ _sd: [] }, [a]), 'DISCLOSURE_WRONG')
  assert.is(outcomeOf({ a: 2, _sd: [digestOf(a)] }, [a]), 'DISCLOSURE_WRONG')
  assert.is(outcomeOf({ _sd: [digestOf(a), digestOf(a)] }, [a]), 'DIGEST_REPEATED')
  assert.is(outcomeOf({ _sd: 'x' }, []), 'SD_JWT_MALFORMED')
  assert.is(outcomeOf({ _sd: [1] }, []), 'SD_JWT_MALFORMED')
  assert.is(outcomeOf({ _sd_alg: 'md5' }, []), 'DIGEST_ALGORITHM_UNKNOWN')
  for (const name of ['_sd', '...']) {
    const named = disclose(name, 1)
    assert.is(outcomeOf({ _sd: [digestOf(named)] }, [named]), 'DISCLOSURE_WRONG')
  }
  const element = disclose(1)
  assert.equal(outcomeOf({ l: [{ '...': digestOf(element) }, { '...': 'decoy' }] }, [element]), {
    l: [1]
  })
  assert.is(outcomeOf({ l: [{ '...': digestOf(a) }] }, [a]), 'DISCLOSURE_WRONG')
  assert.is(outcomeOf({ _sd: [digestOf(element)] }, [element]), 'DISCLOSURE_WRONG')
})

test('a name that means something to JavaScript is a name like others', () => {
  const odd = disclose('__proto__', { isAdmin: true })
  const processed = outcomeOf({ _sd: [digestOf(odd)] }, [odd])
  assert.is(Object.hasOwn(processed as JsonObject, '__proto__'), true)
  assert.is((processed as { isAdmin?: boolean }).isAdmin, undefined)
})

test('whoever nests without end is refused', () => {
  let inner = disclose('leaf', 1)
  const all = [inner]
  for (let at = 0; at < 200; at++) {
    inner = disclose('n', { _sd: [digestOf(inner)] })
    all.push(inner)
  }
  assert.is(outcomeOf({ _sd: [digestOf(inner)] }, all), 'SD_JWT_MALFORMED')
  const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`
  const token = [`{"alg":"EdDSA"}`, `{"a":${deep}}`]
    .map((part) => toBase64Url(ascii(part)))
    .join('.')
  assert.is(readToken(`${token}.${toBase64Url(new Uint8Array(64))}`), undefined)
})

test('what is no SD-JWT is none', () => {
  for (const text of [
    '',
    '~',
    'a.b.c',
    'a.b.c~',
    `${ISSUED} `,
    ISSUED.slice(0, -1),
    `${ISSUED}a.b.c`
  ])
    assert.is(readSdJwt(text), undefined, text.slice(-8))
  assert.is(readSdJwt(`${ISSUED.split('~')[0]}~${'e30~'.repeat(257)}`), undefined)
})

test('base64url is read as it is written, and no two texts stand for the same bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      const text = toBase64Url(bytes)
      assert.is(text, Buffer.from(bytes).toString('base64url'))
      assert.is(toHex(fromBase64Url(text)!), toHex(bytes))
    })
  )
  for (const text of ['A', 'AB', 'AAB', 'AA==', 'A+', 'A/'])
    assert.is(fromBase64Url(text), undefined, text)
})

test('a token says by which algorithm, and only the one of the key counts', () => {
  const key = publicKeyOf(KEY)
  const signed = (alg: string) => readToken(signToken({ alg }, { a: 1 }, KEY))!
  assert.ok(isTokenSigned(signed('EdDSA'), key))
  assert.ok(isTokenSigned(signed('Ed25519'), key))
  for (const alg of ['none', 'ES256', 'HS256', '']) assert.not(isTokenSigned(signed(alg), key), alg)
  assert.not(isTokenSigned(signed('EdDSA'), new Uint8Array(32)), 'a weak key signs nothing')
  assert.is(readToken(signToken({ crit: ['x'] }, {}, KEY)), undefined)
  const offCurve = { ...ISSUER_JWK, y: toBase64Url(new Uint8Array(32).fill(1)) }
  assert.is(fromJwk(offCurve), undefined)
  assert.is(fromJwk({ ...ISSUER_JWK, d: 'c2VjcmV0' }), undefined)
  assert.is(fromJwk({ ...ISSUER_JWK, crv: 'P-384' }), undefined)
})

test.run()
