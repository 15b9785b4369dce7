import { readFileSync } from 'node:fs'
import { ed25519 } from '@noble/curves/ed25519.js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PARAMETERS } from '../protocol/index.ts'
import { parseBootstrap } from './bootstrap.ts'
import { ConfigError } from './config-error.ts'
import { formatGenesis, parseGenesis } from './genesis.ts'
import type { GenesisDocument } from './genesis-schema.ts'

const test = suite('genesis')

const EXAMPLE = new URL('../../config/networks/example/', import.meta.url)

function readExample(name: string): string {
  return readFileSync(new URL(name, EXAMPLE), 'utf8')
}

// biome-ignore lint/suspicious/noExplicitAny: a file under test is any JSON
type Json = any

/** What is said about the example after a change. */
function refusal(change: (genesis: Json) => void): string {
  const genesis = JSON.parse(readExample('genesis.json'))
  change(genesis)
  return refusalOf(JSON.stringify(genesis, undefined, 2))
}

function refusalOf(text: string): string {
  try {
    parseGenesis(text, 'genesis.json')
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    assert.is(error.code, 'GENESIS_WRONG')
    return error.message.replaceAll(/genesis\.json(:\d+:\d+)?: /g, '')
  }
  return 'taken'
}

test('the example is a genesis with real keys, and its bootstrap file fits it', () => {
  const genesis = parseGenesis(readExample('genesis.json'), 'genesis.json')
  assert.is(genesis.networkId, 'example')
  assert.is(genesis.timeMs, Date.UTC(2026, 0, 1))
  for (const { memberId, voteKey } of genesis.members)
    for (const key of [memberId, voteKey]) {
      const point = ed25519.Point.fromBytes(key)
      point.assertValidity()
      assert.ok(point.isTorsionFree() && !point.isSmallOrder())
    }
  const bootstrap = parseBootstrap(readExample('bootstrap.json'), 'bootstrap.json')
  assert.is(bootstrap.networkId, genesis.networkId)
  assert.is(bootstrap.addresses.length, genesis.members.length)
})

test('parameters left out take their defaults', () => {
  const given = JSON.parse(readExample('genesis.json'))
  given.parameters = { delta0Ms: 100 }
  const { parameters } = parseGenesis(JSON.stringify(given), 'genesis.json')
  assert.is(parameters.delta0Ms, 100)
  for (const { name, default: value } of PARAMETERS)
    if (name !== 'delta0Ms') assert.is(parameters[name], value)
  delete given.parameters
  assert.is(parseGenesis(JSON.stringify(given), 'genesis.json').parameters.delta0Ms, 500)
})

test('an unknown parameter is refused with the name that was meant', () => {
  assert.is(
    refusal((genesis) => {
      genesis.parameters.blockBytesMx = 1
    }),
    'parameters.blockBytesMx: unknown key, did you mean "blockBytesMax"?'
  )
})

test('a parameter outside its range is refused', () => {
  assert.is(
    refusal((genesis) => {
      genesis.parameters.memberPerHour = 10_000_001
    }),
    'parameters.memberPerHour: 10000001 is above 10000000, allowed 1 to 10000000'
  )
})

test('faults name line and column', () => {
  const text = readExample('genesis.json').replace('"weight": 1,', '"weight": 0,')
  assert.throws(
    () => parseGenesis(text, 'my/genesis.json'),
    /^my\/genesis\.json:50:17: members\[0\]\.weight: 0 is below 1, allowed 1 to 10000$/
  )
})

test('one key never serves twice', () => {
  const same = 'members[1].voteKey: is the same as members[0].memberId'
  assert.is(
    refusal(({ members }) => {
      members[1].voteKey = members[0].memberId.toUpperCase()
    }),
    same
  )
  assert.is(
    refusal(({ members }) => {
      members[2].memberId = members[1].memberId
    }),
    'members[2].memberId: is the same as members[1].memberId'
  )
})

test('members sit in regions of the network, and all weights add up to 10,000 at most', () => {
  assert.is(
    refusal(({ members }) => {
      members[3].region = 'atlantis'
    }),
    'members[3].region: "atlantis" is not among the regions of the network'
  )
  assert.match(
    refusal(({ members }) => {
      for (const member of members) member.weight = 2501
    }),
    /^members: weights add up to 10004/
  )
})

test('grants and regions are named once', () => {
  const change = ({ vendorGrants, regions }: Json): void => {
    vendorGrants.push(vendorGrants[0])
    regions.push(regions[0])
  }
  assert.equal(refusal(change).split('\n'), [
    'vendorGrants[1].vendorId: is the same as vendorGrants[0].vendorId',
    'regions[4]: is the same as regions[0]'
  ])
})

test('parameters that contradict each other are refused', () => {
  assert.is(
    refusal(({ parameters }) => {
      parameters.delta0Ms = 400
      parameters.deltaMaxMs = 300
    }),
    'parameters.delta0Ms: 400 is above deltaMaxMs, 300'
  )
})

test('missing, foreign and misshapen fields are refused', () => {
  const changes: readonly ((genesis: Json) => void)[] = [
    (genesis) => delete genesis.members,
    (genesis) => delete genesis.members[0].voteKey,
    (genesis) => delete genesis.timeMs,
    (genesis) => delete genesis.regions,
    (genesis) => (genesis.members = []),
    (genesis) => (genesis.members = Array(101).fill(genesis.members[0])),
    (genesis) => (genesis.networkId = 'Example'),
    (genesis) => (genesis.networkId = 'x'.repeat(33)),
    (genesis) => (genesis.faultModel = 'trusting'),
    (genesis) => (genesis.trust = { model: 'open_vote' }),
    (genesis) => (genesis.chainId = 7),
    (genesis) => (genesis.members[0].voteKey = 'xyz'),
    (genesis) => (genesis.members[0].voteKey += '00'),
    (genesis) => (genesis.members[0].operatorId = ''),
    (genesis) => (genesis.members[0].weight = 1.5),
    (genesis) => (genesis.members[0].weight = '1'),
    (genesis) => (genesis.members[0].endpoints = Array(5).fill('https://a.example')),
    (genesis) => (genesis.members[0].endpoints = ['x'.repeat(129)]),
    (genesis) => (genesis.members[0].endpoints = ['a b']),
    (genesis) => (genesis.vendorGrants[0].rateUnitsPerHour = 10_000_001),
    (genesis) => (genesis.regions = []),
    (genesis) => (genesis.parameters = null)
  ]
  for (const change of changes) assert.is.not(refusal(change), 'taken', String(change))
  for (const text of ['', 'null', '[]', '7', 'networkId: example', '{"a": 1,}'])
    assert.is.not(refusalOf(text), 'taken')
})

test('the time is a real moment, as text or in milliseconds', () => {
  const given = JSON.parse(readExample('genesis.json'))
  for (const [timeMs, expectedMs] of [
    [1_767_225_600_123, 1_767_225_600_123],
    ['2026-01-01T00:00:00.123Z', 1_767_225_600_123],
    ['2024-02-29T23:59:59Z', 1_709_251_199_000],
    [0, 0]
  ])
    assert.is(parseGenesis(JSON.stringify({ ...given, timeMs }), 'g').timeMs, expectedMs)
  for (const time of [
    ...['2026-02-30T00:00:00Z', '2026-01-01', '2026-01-01T00:00:00+01:00', 'soon'],
    ...['2026-01-01T24:00:00Z', '2026-13-01T00:00:00Z', '1969-12-31T23:59:59Z', ''],
    ...[-1, 1.5, 1e300, true, null, {}]
  ])
    assert.match(
      refusal((genesis) => {
        genesis.timeMs = time
      }),
      /^timeMs: .* is not a time like/
    )
})

test('the largest genesis is read', () => {
  const small = parseGenesis(readExample('genesis.json'), 'genesis.json')
  const numbered = (number: number): Uint8Array =>
    Uint8Array.from({ length: 32 }, (_, index) => (index < 2 ? (number >> (8 * index)) & 255 : 7))
  const largest: GenesisDocument = {
    ...small,
    members: Array.from({ length: 100 }, (_, index) => ({
      ...small.members[0]!,
      memberId: numbered(2 * index),
      voteKey: numbered(2 * index + 1),
      weight: 100,
      endpoints: Array(4).fill('x'.repeat(128))
    })),
    vendorGrants: Array.from({ length: 1024 }, (_, index) => ({
      vendorId: numbered(index),
      birthCap: 4_294_967_295,
      claimsPerDay: 4_294_967_295,
      rateUnitsPerHour: 10_000_000
    }))
  }
  assert.equal(parseGenesis(formatGenesis(largest), 'genesis.json'), largest)
})

test('a megabyte of rubbish is refused', () => {
  assert.match(refusalOf('['.repeat(1_000_000)), /nested too deeply/)
  assert.match(refusalOf(`[${'{},'.repeat(10_000)}{}]`), /is not a group of keys/)
  assert.match(refusalOf('x'.repeat(2_000_000)), /at most 1048576 are allowed/)
})

test('only the fields of a genesis are written, whatever else an object holds', () => {
  const document = parseGenesis(readExample('genesis.json'), 'genesis.json')
  const members = document.members.map((one) => ({ ...one, seed: new Uint8Array(32) }))
  assert.is(formatGenesis({ ...document, members }), formatGenesis(document))
})

test.run()
