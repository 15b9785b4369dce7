import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toHex } from '../foundation/bytes.ts'
import type { FaultModel } from '../types.ts'
import { quorumWeightOf, type Seat } from './electorate.ts'
import {
  changedWeight,
  type GuardFault,
  type GuardOptions,
  judgeStep,
  type Roster,
  rosterOf,
  rosterWeight
} from './guards.ts'

const test = suite('guards')

/** A roster by letters, each with its weight. */
type Weights = Readonly<Record<string, number>>

const memberIdOf = (letter: string): Uint8Array =>
  new Uint8Array(32).fill(letter.codePointAt(0) ?? 0)

function roster(weights: Weights, faultModel: FaultModel = 'byzantine'): Roster {
  const seats = Object.entries(weights).map(([letter, weight]): Seat => {
    const memberId = memberIdOf(letter)
    const place = { operatorId: new Uint8Array(16), region: 'eu', endpoints: [] }
    return { memberId, voteKey: memberId, weight, ...place }
  })
  return rosterOf(faultModel, seats)
}

const overdueOf = (letters: string): ReadonlySet<string> =>
  new Set([...letters].map((letter) => toHex(memberIdOf(letter))))

const NOTHING_SPECIAL: GuardOptions = {
  membersMin: 1,
  isLargeMeant: false,
  overdue: new Set<string>()
}

const judge = (
  before: Weights,
  after: Weights,
  options: Partial<GuardOptions> = {}
): GuardFault | 'fine' =>
  judgeStep(roster(before), roster(after), { ...NOTHING_SPECIAL, ...options }) ?? 'fine'

const crowd = (count: number, weight = 1): Weights =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [String.fromCodePoint(65 + index), weight])
  )

const MEANT: Partial<GuardOptions> = { isLargeMeant: true }

const CASES: readonly (readonly [
  why: string,
  verdict: GuardFault | 'fine',
  before: Weights,
  after: Weights,
  options?: Partial<GuardOptions>
])[] = [
  ['the last member stays', 'ELECTORATE_EMPTY', { A: 1 }, {}],
  ['the last stays even where large steps are meant', 'ELECTORATE_EMPTY', { A: 1 }, {}, MEANT],
  [
    'weight has a limit even where large steps are meant',
    'ELECTORATE_TOO_LARGE',
    { A: 1, B: 1 },
    { A: 1, B: 10_000 },
    MEANT
  ],
  ['the limit itself may be reached', 'fine', { A: 1, B: 1 }, { A: 1, B: 9_999 }],
  ['a removal goes down to the minimum', 'fine', crowd(4), crowd(3), { membersMin: 3 }],
  ['no removal goes below the minimum', 'MEMBERS_TOO_FEW', crowd(3), crowd(2), { membersMin: 3 }],
  [
    'nor does one that is meant to be large',
    'MEMBERS_TOO_FEW',
    crowd(3),
    crowd(2),
    { membersMin: 3, isLargeMeant: true }
  ],
  [
    'who are too few already may grow towards the minimum',
    'fine',
    crowd(1),
    crowd(2),
    { membersMin: 3 }
  ],
  ['of four equals one may change', 'fine', crowd(4), crowd(5)],
  ['of four equals two may not', 'CHANGE_TOO_LARGE', crowd(4), crowd(6)],
  ['of six exactly a third may change', 'fine', crowd(6), crowd(8)],
  ['of six more than a third may not', 'CHANGE_TOO_LARGE', crowd(6), crowd(9)],
  ['one for another counts twice', 'CHANGE_TOO_LARGE', crowd(4), { A: 1, B: 1, C: 1, E: 1 }],
  ['unless it is meant', 'fine', crowd(4), { A: 1, B: 1, C: 1, E: 1 }, MEANT],
  [
    'another weight counts by its difference',
    'CHANGE_TOO_LARGE',
    crowd(4, 3),
    { A: 4, B: 4, C: 4, D: 5 }
  ],
  ['below four one may come', 'fine', crowd(3), crowd(4)],
  ['below four one may go', 'fine', crowd(3), crowd(2)],
  ['below four no two come at once', 'ONE_AT_A_TIME', crowd(2), crowd(4)],
  ['below four no two change weight at once', 'ONE_AT_A_TIME', crowd(3), crowd(3, 2)],
  ['below four no one is swapped for another', 'ONE_AT_A_TIME', { A: 1, B: 1 }, { A: 1, C: 1 }],
  ['unless it is meant, too', 'fine', { A: 1, B: 1 }, { A: 1, C: 1 }, MEANT],
  [
    'nobody grows to a third of the weight',
    'SHARE_TOO_LARGE',
    { A: 1, B: 1, C: 1, D: 1, E: 1 },
    { A: 2, B: 1, C: 1, D: 1, E: 1 }
  ],
  [
    'just below a third is no third',
    'fine',
    { A: 2, B: 2, C: 2, D: 1 },
    { A: 2, B: 2, C: 2, D: 2 }
  ],
  [
    'a newcomer has no third either',
    'SHARE_TOO_LARGE',
    { A: 3, B: 3, C: 3 },
    { A: 3, B: 3, C: 3, D: 5 }
  ],
  [
    'who had a third before and has no more of it is no obstacle',
    'fine',
    { A: 3, B: 1, C: 1, D: 1 },
    { A: 3, B: 1, C: 1, D: 1, E: 1 }
  ],
  [
    'a third that only grows as another leaves is nobody’s gain',
    'fine',
    { A: 3, B: 1, C: 1, D: 1, E: 1 },
    { A: 3, B: 1, C: 1, D: 1 }
  ],
  [
    'shares may be meant to be large',
    'fine',
    { A: 1, B: 1, C: 1, D: 1 },
    { A: 5, B: 1, C: 1, D: 1 },
    MEANT
  ],
  ['below four a share may be large', 'fine', { A: 1, B: 1 }, { A: 9, B: 1 }],
  [
    'a removal leaves a quorum of those who are not overdue',
    'fine',
    crowd(7),
    crowd(6),
    { overdue: overdueOf('A') }
  ],
  [
    'a removal that leaves less does not pass',
    'QUORUM_AT_RISK',
    crowd(7),
    crowd(6),
    { overdue: overdueOf('AB') }
  ],
  [
    'who leaves is not counted among the overdue',
    'fine',
    crowd(7),
    crowd(6),
    { overdue: overdueOf('AG') }
  ],
  [
    'a removal is one even where another comes in the same epoch',
    'QUORUM_AT_RISK',
    crowd(7),
    { A: 1, B: 1, C: 1, D: 1, E: 1, F: 1, H: 1 },
    { overdue: overdueOf('ABC') }
  ],
  [
    'the overdue are no obstacle to a newcomer',
    'fine',
    crowd(6),
    crowd(7),
    { overdue: overdueOf('ABCD') }
  ]
]

for (const [why, verdict, before, after, options] of CASES)
  test(why, () => {
    assert.is(judge(before, after, options), verdict)
  })

test('more members than an electorate holds are too many', () => {
  const many = new Map(
    Array.from({ length: 513 }, (_, index) => {
      const memberId = new Uint8Array(32)
      new DataView(memberId.buffer).setUint32(0, index)
      const place = { operatorId: new Uint8Array(16), region: 'eu', endpoints: [] }
      return [toHex(memberId), { memberId, voteKey: memberId, weight: 1, ...place }] as const
    })
  )
  const after = { faultModel: 'byzantine', seats: many } as const
  const options = { ...NOTHING_SPECIAL, isLargeMeant: true }
  assert.is(judgeStep(roster(crowd(4)), after, options), 'ELECTORATE_TOO_LARGE')
})

test('what is left of the quorum is counted by the fault model of the new electorate', () => {
  const options = { ...NOTHING_SPECIAL, overdue: overdueOf('AB') }
  const step = (model: FaultModel): GuardFault | undefined =>
    judgeStep(roster(crowd(7)), roster(crowd(6), model), options)
  assert.is(step('byzantine'), 'QUORUM_AT_RISK')
  assert.is(step('crash'), undefined)
})

const anyRoster = fc
  .dictionary(fc.constantFrom(...'ABCDEFGHIJ'), fc.integer({ min: 1, max: 40 }))
  .map((weights) => roster(weights))
const anyOptions = fc.record({
  membersMin: fc.integer({ min: 1, max: 8 }),
  isLargeMeant: fc.boolean(),
  overdue: fc.subarray([...'ABCDEFGHIJ']).map((letters) => overdueOf(letters.join('')))
})

test('a step that is accepted is never empty, and keeps its measure', () => {
  fc.assert(
    fc.property(anyRoster, anyRoster, anyOptions, (before, after, options) => {
      if (judgeStep(before, after, options) !== undefined) return
      const weight = rosterWeight(after)
      assert.ok(after.seats.size > 0 && weight <= 10_000)
      if (after.seats.size < before.seats.size) assert.ok(after.seats.size >= options.membersMin)
      if (!options.isLargeMeant && before.seats.size >= 4)
        assert.ok(3 * changedWeight(before, after) <= rosterWeight(before))
      if ([...before.seats.keys()].every((id) => after.seats.has(id))) return
      let live = 0
      for (const [id, seat] of after.seats) live += options.overdue.has(id) ? 0 : seat.weight
      assert.ok(live >= quorumWeightOf('byzantine', weight))
    }),
    { numRuns: 2000 }
  )
})

test('a step to where one stands is no fault, as long as anybody stands there', () => {
  fc.assert(
    fc.property(anyRoster, anyOptions, (before, options) => {
      const expected = before.seats.size === 0 ? 'ELECTORATE_EMPTY' : undefined
      assert.is(judgeStep(before, before, options), expected)
    })
  )
})

test.run()
