import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { formatShortLink, isNodeAddress, isShortLink, parseShortLink } from './short-link.ts'

const test = suite('short join links')

const PEER = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'))
const plain = { noNullPrototype: true } as const
const drawn = fc.record(
  {
    networkId: fc.stringMatching(/^[a-z0-9-]{1,32}$/),
    genesisHash: hash,
    seal: fc.option(fc.record({ epoch: fc.integer({ min: 1, max: 1e14 }), blockId: hash }, plain)),
    at: fc.webUrl({ validSchemes: ['http', 'https'] }),
    call: fc.array(
      fc.nat(65_534).map((port) => `/ip4/203.0.113.7/tcp/${port + 1}/p2p/${PEER}`),
      { maxLength: 3 }
    )
  },
  plain
)

test('what is written is what is read', () => {
  fc.assert(
    fc.property(drawn, (link) => {
      const text = formatShortLink(link)
      assert.ok(isShortLink(text))
      assert.equal(parseShortLink(text), link)
    })
  )
})

test('a link is read or refused, whatever it is, and written in one way only', () => {
  fc.assert(
    fc.property(drawn, fc.nat(300), fc.string({ maxLength: 3 }), (link, at, noise) => {
      const text = formatShortLink(link)
      const spoilt = text.slice(0, at) + noise + text.slice(at + noise.length)
      const read = parseShortLink(spoilt)
      if (read !== undefined) assert.is(formatShortLink(read), spoilt)
    })
  )
})

const GENESIS = 'ab'.repeat(32)
const GOOD = `thingmoot:join?network=town&genesis=${GENESIS}&at=http://203.0.113.7:8080`

test('the addresses of nodes stand in it as people know them', () => {
  const parsed = parseShortLink(GOOD)
  assert.equal(parsed, {
    networkId: 'town',
    genesisHash: GENESIS,
    seal: null,
    at: 'http://203.0.113.7:8080',
    call: []
  })
})

test('what is missing, unknown, said twice, out of order or malformed makes it none', () => {
  assert.ok(parseShortLink(GOOD))
  for (const bad of [
    `thingmoot:join?network=town&genesis=${GENESIS}`,
    `thingmoot:join?network=town&at=http://203.0.113.7:8080`,
    `${GOOD}&moon=full`,
    `${GOOD}&network=city`,
    `${GOOD}&at=http://203.0.113.8`,
    `${GOOD}&seal=1.${GENESIS}`,
    GOOD.replace('&at=', `&seal=0.${GENESIS}&at=`),
    GOOD.replace('&at=', `&seal=01.${GENESIS}&at=`),
    GOOD.replace('&at=', '&seal=1.abc&at='),
    GOOD.replace('town', 'Town'),
    GOOD.replace(GENESIS, GENESIS.slice(2)),
    GOOD.replace(GENESIS, GENESIS.toUpperCase()),
    GOOD.replace('http:', 'file:'),
    GOOD.replace('203', 'me:secret@203'),
    `${GOOD}&call=203.0.113.7`,
    `${GOOD}&call=/ip4/203.0.113.7/tcp/1`,
    `${GOOD}${`&call=/ip4/203.0.113.7/tcp/1/p2p/${PEER}`.repeat(50)}`
  ])
    assert.is(parseShortLink(bad), undefined, bad)
})

test('the address of a node is plain HTTP, without secrets or questions', () => {
  assert.ok(isNodeAddress('https://node.example/thingmoot'))
  for (const bad of [
    '',
    'node.example:8080',
    'ftp://a',
    'http://a:b@c',
    'http://a/?b',
    'http://a/#b'
  ])
    assert.not(isNodeAddress(bad), bad)
})

test.run()
