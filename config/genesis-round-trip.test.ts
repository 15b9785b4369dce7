import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type GenesisMember,
  PARAMETERS,
  type Parameters,
  plainTrustPolicy,
  type TrustPolicy,
  toHex
} from '../protocol/index.ts'
import { formatGenesis, parseGenesis } from './genesis.ts'
import type { GenesisDocument } from './genesis-schema.ts'

const test = suite('genesis round trip')

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length })
const PLAIN = { noNullPrototype: true } as const
const slug = fc.stringMatching(/^[a-z0-9-]{1,32}$/)

const anyMember = (regions: readonly string[]): fc.Arbitrary<GenesisMember> =>
  fc.record(
    {
      memberId: bytes(32),
      voteKey: bytes(32),
      nextVoteKeyHash: bytes(32),
      recoveryKeyHash: bytes(32),
      operatorId: bytes(16),
      region: fc.constantFrom(...regions),
      weight: fc.integer({ min: 1, max: 100 }),
      endpoints: fc.array(fc.stringMatching(/^[!-~]{1,128}$/), { maxLength: 4 })
    },
    PLAIN
  )

const anyParameters = fc
  .record(
    Object.fromEntries(
      PARAMETERS.map(({ name, min, max }) => [name, fc.integer({ min, max })])
    ) as { [Name in keyof Parameters]: fc.Arbitrary<number> },
    PLAIN
  )
  .filter(
    (values) =>
      values.guardianDelayMinMs <= values.guardianDelayMaxMs && values.delta0Ms <= values.deltaMaxMs
  )

const plainModels = ['open-vote', 'vouch', 'anchored'] as const
const anyRoots = fc.uniqueArray(
  fc.record(
    { key: fc.oneof(bytes(32), bytes(33)), quota: fc.integer({ min: 1, max: 512 }) },
    { noNullPrototype: true }
  ),
  { maxLength: 3, selector: ({ key }) => toHex(key) }
)
const anyTrust: fc.Arbitrary<TrustPolicy> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...plainModels), anyRoots)
    .map(([model, roots]) => plainTrustPolicy(model, roots)),
  fc
    .tuple(
      fc.array(fc.uniqueArray(fc.constantFrom(...plainModels), { minLength: 1 }), {
        minLength: 1,
        maxLength: 4
      }),
      anyRoots
    )
    .map(([ways, roots]): TrustPolicy => ({ model: 'hybrid', ways, roots }))
)

const anyGenesis: fc.Arbitrary<GenesisDocument> = fc
  .uniqueArray(slug, { minLength: 1, maxLength: 8 })
  .chain((regions) =>
    fc.record(
      {
        networkId: slug,
        timeMs: fc.integer({ min: 0, max: 253_402_300_799_999 }),
        faultModel: fc.constantFrom('byzantine' as const, 'crash' as const),
        trust: anyTrust,
        vendorTrust: anyTrust,
        parameters: anyParameters,
        members: fc.uniqueArray(anyMember(regions), {
          minLength: 1,
          maxLength: 10,
          selector: ({ memberId }) => toHex(memberId)
        }),
        vendorGrants: fc.uniqueArray(
          fc.record(
            {
              vendorId: bytes(32),
              birthCap: fc.nat(),
              claimsPerDay: fc.nat(),
              rateUnitsPerHour: fc.integer({ min: 0, max: 10_000_000 })
            },
            PLAIN
          ),
          { maxLength: 4, selector: ({ vendorId }) => toHex(vendorId) }
        ),
        regions: fc.constant(regions)
      },
      PLAIN
    )
  )

test('any genesis survives being written and read', () => {
  fc.assert(
    fc.property(anyGenesis, (document) => {
      const keys = document.members.flatMap(({ memberId, voteKey }) => [memberId, voteKey])
      fc.pre(new Set(keys.map(toHex)).size === keys.length)
      assert.equal(parseGenesis(formatGenesis(document), 'genesis.json'), document)
    }),
    { numRuns: 100 }
  )
})

test.run()
