import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CHAIN, createTestCore } from '../testing/core-state.ts'
import type { MemberIndex, View } from '../types.ts'
import { type CoreOptions, type CoreState, createCore } from './core-state.ts'
import { enterIntention } from './own-log.ts'
import { isSameVote, type Subject, type Vote, type VoteKind } from './vote.ts'
import { isVoter, mayFinalise, mayNotarise, mayNullify } from './voting-rule.ts'

const test = suite('what a member may sign')

const { block1, certify } = CHAIN
const VIEW = block1.header.view
const SUBJECT: Subject = { parentView: block1.header.parentView, blockId: block1.id }
const OTHER: Subject = { ...SUBJECT, blockId: 'ab'.repeat(32) as never }

function say(state: CoreState, kind: VoteKind, view: View = VIEW, subject = SUBJECT): void {
  const vote: Vote = { kind, epoch: 0 as never, view, subject: kind === 'nullify' ? null : subject }
  enterIntention(state, vote)
}

/** A memory in view 3 in which the block of view 2 is notarised and valid. */
function ready(change: Partial<CoreState> = {}): CoreState {
  const state = createTestCore(3, change)
  state.certificates.set(VIEW, {
    notarisation: certify('notarise', VIEW, block1),
    nullification: null,
    finalisation: null
  })
  state.blocks.set(block1.id, {
    block: block1,
    isAvailable: true,
    isExecuting: false,
    isValid: true,
    isConfirmed: true,
    isSealDue: false
  })
  return state
}

const all = (state: CoreState): readonly [boolean, boolean, boolean] => [
  mayNotarise(state, VIEW),
  mayNullify(state, VIEW),
  mayFinalise(state, VIEW, SUBJECT)
]

test('a voter that said nothing yet may say anything', () => {
  assert.ok(isVoter(ready()))
  assert.equal(all(ready()), [true, true, true])
})

test('an observer, a doubtful log and a stopped node sign nothing', () => {
  for (const change of [{ self: null }, { mayVote: false }, { isStopped: true }]) {
    assert.not(isVoter(ready(change)))
    assert.equal(all(ready(change)), [false, false, false])
  }
})

test('a core whose vote log was lost is stopped from the start', () => {
  const { electorate, block0 } = CHAIN
  const options: CoreOptions = {
    electorate,
    pace: { minMs: 20, maxMs: 50, enoughBytes: 262_144 },
    self: 0 as MemberIndex,
    instance: 1,
    committed: { blockId: block0.id, height: 0, view: 0 as View, isSealDue: false },
    highestOwnVote: 0,
    ownVotes: [],
    certificates: [],
    blocks: [],
    nowMs: 0
  }
  for (const isLogLost of [true, false]) {
    const state = createCore({ ...options, isLogLost })
    state.mayVote = true
    assert.is(isVoter(state), !isLogLost)
  }
})

// What was said in the view before, and what may be said after it: notarise, nullify, finalise.
const AFTER: readonly (readonly [said: readonly VoteKind[], may: readonly boolean[]])[] = [
  [['notarise'], [false, true, true]],
  [['nullify'], [false, false, false]],
  [['finalise'], [true, false, false]],
  [
    ['notarise', 'nullify'],
    [false, false, false]
  ],
  [
    ['notarise', 'finalise'],
    [false, false, false]
  ]
]

for (const [said, may] of AFTER)
  test(`after ${said.join(' and ')} what is left is as the table says`, () => {
    const state = ready()
    for (const kind of said) say(state, kind)
    assert.equal(all(state), may)
  })

test('at or below the final view nothing more is signed', () => {
  assert.equal(all(ready({ finalView: VIEW })), [false, false, false])
  assert.equal(all(ready({ finalView: 3 as View })), [false, false, false])
})

test('a view that was not reached is not nullified', () => {
  const state = createTestCore(3)
  assert.ok(mayNullify(state, 3 as View))
  assert.not(mayNullify(state, 4 as View))
})

test('what was said in one view binds in no other', () => {
  const state = ready()
  say(state, 'nullify', 1 as View)
  say(state, 'finalise', 3 as View)
  assert.equal(all(state), [true, true, true])
})

test('only the very block that a quorum notarised is finalised', () => {
  assert.not(mayFinalise(ready(), VIEW, OTHER))
  assert.not(mayFinalise(ready(), VIEW, { ...SUBJECT, parentView: 1 as View }))
  const without = ready()
  without.certificates.clear()
  assert.not(mayFinalise(without, VIEW, SUBJECT))
  const nullified = ready()
  nullified.certificates.set(VIEW, {
    notarisation: null,
    nullification: certify('nullify', VIEW, null),
    finalisation: null
  })
  assert.not(mayFinalise(nullified, VIEW, SUBJECT))
})

test('a block that is not here, not executed or invalid is not finalised', () => {
  for (const isValid of [null, false]) {
    const state = ready()
    const progress = state.blocks.get(block1.id)
    if (progress !== undefined) progress.isValid = isValid
    assert.not(mayFinalise(state, VIEW, SUBJECT))
  }
  const gone = ready()
  gone.blocks.clear()
  assert.not(mayFinalise(gone, VIEW, SUBJECT))
})

test('the block of a leader that proposed two is not finalised', () => {
  const state = ready()
  const leader = state.leaders[(VIEW - 1) % state.leaders.length] as MemberIndex
  state.equivocators.add(leader)
  assert.not(mayFinalise(state, VIEW, SUBJECT))
  const other = ready()
  other.equivocators.add(((leader + 1) % 4) as MemberIndex)
  assert.ok(mayFinalise(other, VIEW, SUBJECT))
})

test('whatever is asked in whatever order, no two votes of a view conflict', () => {
  const request = fc.record({
    kind: fc.constantFrom('notarise' as const, 'nullify' as const, 'finalise' as const),
    view: fc.constantFrom(VIEW, 3 as View),
    subject: fc.constantFrom(SUBJECT, OTHER)
  })
  fc.assert(
    fc.property(fc.array(request, { maxLength: 20 }), (requests) => {
      const state = ready()
      const signed: Vote[] = []
      for (const { kind, view, subject } of requests) {
        const may = {
          notarise: () => mayNotarise(state, view),
          nullify: () => mayNullify(state, view),
          finalise: () => mayFinalise(state, view, subject)
        }[kind]()
        if (!may) continue
        say(state, kind, view, subject)
        signed.push({ kind, epoch: 0 as never, view, subject: kind === 'nullify' ? null : subject })
      }
      for (const [at, left] of signed.entries())
        for (const right of signed.slice(at + 1)) assert.not(areConflicting(left, right))
    })
  )
})

/** Two different votes of one kind, or a NULLIFY and a FINALISE, of one view. */
function areConflicting(left: Vote, right: Vote): boolean {
  if (left.view !== right.view) return false
  if (left.kind === right.kind) return !isSameVote(left, right)
  return [left.kind, right.kind].every((kind) => kind === 'nullify' || kind === 'finalise')
}

test.run()
