import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type AbsentMember, describeAbsent, describeReturn, describeSince } from './absence.ts'

const test = suite('absence in words')
const NOW_MS = Date.UTC(2026, 0, 2, 12, 4, 0)

const absent = (...weights: readonly number[]): readonly AbsentMember[] =>
  weights.map((weight, index) => ({
    memberId: `${index % 10}`.repeat(64),
    region: `r${index}`,
    weight,
    lastHeardAtMs: NOW_MS - 60_000
  }))

test('since when says the day only where it is another one, and what a restart has forgotten', () => {
  assert.is(describeSince(NOW_MS - 60_000, NOW_MS), 'since 12:03:00 UTC')
  assert.is(describeSince(NOW_MS - 3 * 86_400_000, NOW_MS), 'since 2025-12-30 12:04:00 UTC')
  assert.is(describeSince(null, NOW_MS), 'since before this node started')
})

test('each who is missing is named with its time, and of very many the first ones', () => {
  assert.is(
    describeAbsent(absent(1, 1), NOW_MS),
    'r0 (00000000) since 12:03:00 UTC, r1 (11111111) since 12:03:00 UTC'
  )
  const many = describeAbsent(absent(...Array.from({ length: 40 }, () => 1)), NOW_MS)
  assert.is(many.split(', ').length, 7)
  assert.match(many, /, and 34 more$/)
})

const RETURNS: readonly (readonly [
  weights: readonly number[],
  lacking: number,
  sentence: string
])[] = [
  [[1], 1, 'It goes on when this one is back.'],
  [[1, 1], 1, 'It goes on with any 1 of these 2 back.'],
  [[1, 1], 2, 'It goes on when all 2 are back.'],
  [[3, 3, 3], 4, 'It goes on with any 2 of these 3 back.'],
  [
    [1, 3, 2],
    3,
    'It needs 3 more votes of weight; these would do: r1 (11111111), or r2 (22222222) and r0 (00000000).'
  ],
  [
    [1, 4, 2],
    1,
    'It needs 1 more vote of weight; these would do: r1 (11111111), or r2 (22222222), or r0 (00000000).'
  ],
  [[2, 1], 3, 'It needs 3 more votes of weight; these would do: r0 (00000000) and r1 (11111111).'],
  [[5, 1], 4, 'It needs 4 more votes of weight; these would do: r0 (00000000).']
]
for (const [weights, lacking, sentence] of RETURNS)
  test(`of members of weight ${weights} missing, ${lacking} needed: ${sentence}`, () => {
    assert.is(describeReturn(absent(...weights), lacking), sentence)
  })

test.run()
