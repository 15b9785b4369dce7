import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Checker, type SeenVote, type SeenWrite } from './checker.ts'

const test = suite('the checker of chaos')

const ID = 'ab'.repeat(32)
const APPLIED = { height: 7, outcome: 'applied' }

function vote(kind: SeenVote['kind'], view: number, subject = ''): SeenVote {
  return { signer: 0, epoch: 1, view, kind, subject }
}

function write(votes: readonly SeenVote[], others: Partial<SeenWrite> = {}): SeenWrite {
  return { votes, certified: [], finalView: 0, ...others }
}

/** What the checker finds in vote logs of node 0, each its own copy. */
function faultsOf(...copies: readonly (readonly SeenWrite[])[]): string {
  const checker = new Checker()
  for (const writes of copies) checker.addVoteLog({ node: 0, hasGap: false, writes })
  checker.judgeSentVotes()
  return checker.faults.join('\n')
}

test('a network in which all is well has no faults', () => {
  const checker = new Checker()
  checker.noteFinal(ID, APPLIED)
  checker.noteFinal(ID, APPLIED)
  checker.judgeFinal(0, ID, APPLIED)
  checker.noteHeight(0, 7)
  checker.noteHeight(0, 7)
  const block = { blockId: 'aa', stateRoot: 'bb' }
  checker.judgeRoots(7, [
    { node: 0, ...block },
    { node: 1, ...block }
  ])
  const notarised = vote('notarise', 3, 'a')
  checker.addVoteLog({
    node: 0,
    hasGap: false,
    writes: [
      write([notarised]),
      write([vote('finalise', 3, 'a')], { certified: [notarised] }),
      write([vote('notarise', 4, 'b'), vote('nullify', 4)], { finalView: 3 })
    ]
  })
  checker.judgeSentVotes()
  assert.equal(checker.faults, [])
  assert.equal(checker.counts, { finals: 1, votes: 4, certified: 1 })
})

test('a transaction that was answered final and is not there is lost', () => {
  const checker = new Checker()
  checker.noteFinal(ID, APPLIED)
  checker.judgeFinal(2, ID, undefined)
  assert.match(checker.faults[0] ?? '', /^lost: abababab is not final at node 2$/)
})

test('a transaction that is final elsewhere, or otherwise, than was answered is a fault', () => {
  for (const held of [
    { height: 8, outcome: 'applied' },
    { height: 7, outcome: 'refused' }
  ]) {
    const checker = new Checker()
    checker.noteFinal(ID, APPLIED)
    checker.judgeFinal(1, ID, held)
    assert.is(checker.faults.length, 1)
    checker.noteFinal(ID, held)
    assert.is(checker.faults.length, 2)
  }
})

test('another block or another root at the same height is a fault', () => {
  for (const other of [
    { blockId: 'aa', stateRoot: 'cc' },
    { blockId: 'dd', stateRoot: 'bb' }
  ]) {
    const checker = new Checker()
    checker.judgeRoots(9, [
      { node: 0, blockId: 'aa', stateRoot: 'bb' },
      { node: 3, ...other }
    ])
    assert.equal(checker.faults, ['node 3 differs from node 0 at height 9'])
  }
})

test('a node that is lower than it has answered is at fault, unless its ledger was taken away', () => {
  const checker = new Checker()
  checker.noteHeight(1, 9)
  checker.noteHeight(1, 8)
  assert.equal(checker.faults, ['node 1 is at height 8 and had answered 9'])
  checker.forgetHeight(1)
  checker.noteHeight(1, 2)
  assert.is(checker.faults.length, 1)
})

test('two votes of a kind in one view for different blocks conflict, also over two incarnations', () => {
  for (const kind of ['notarise', 'finalise'] as const) {
    const [one, other] = [write([vote(kind, 5, 'a')]), write([vote(kind, 5, 'b')])]
    assert.match(faultsOf([one, other]), /^node 0 signed two: /)
    assert.match(faultsOf([one], [other]), /^node 0 signed two: /)
    assert.is(faultsOf([one], [one]), '')
  }
})

test('a nullify and a finalise of one view conflict in either order', () => {
  const [finalise, nullify] = [write([vote('finalise', 5, 'a')]), write([vote('nullify', 5)])]
  assert.match(faultsOf([finalise, nullify]), /signed nullify of view 5 and finalise as well/)
  assert.match(faultsOf([nullify], [finalise]), /signed finalise of view 5.* and nullify as well/)
})

test('a vote in a view that the log itself knew to be final is stale', () => {
  const known = write([], { finalView: 6 })
  assert.match(faultsOf([known, write([vote('notarise', 6, 'a')])]), /though view 6 was final/)
  assert.is(faultsOf([known, write([vote('notarise', 7, 'a')])]), '')
})

test('a vote that others hold and its signer never recorded was sent before it was durable', () => {
  const sent = vote('finalise', 8, 'a')
  assert.match(faultsOf([write([], { certified: [sent] })]), /sent finalise .* not in its vote log/)
  const other = write([vote('finalise', 8, 'b')], { certified: [sent] })
  assert.match(faultsOf([other]), /sent finalise .* not in its vote log/)
  assert.is(faultsOf([write([sent], { certified: [sent] })]), '')
})

test('a signature on a final block that its signer never recorded counts as sent, too', () => {
  const checker = new Checker()
  checker.addLedger(1, { certified: [vote('finalise', 8, 'a')], evidenceCount: 0 })
  checker.judgeSentVotes()
  assert.match(checker.faults[0] ?? '', /^node 0 sent finalise .* not in its vote log/)
})

test('evidence against anybody is a fault, where all are honest', () => {
  const checker = new Checker()
  checker.addLedger(1, { certified: [], evidenceCount: 1 })
  assert.equal(checker.faults, ['node 1 holds evidence against a member'])
})

test('a log of which something is missing proves nothing', () => {
  const checker = new Checker()
  checker.addVoteLog({ node: 2, hasGap: true, writes: [] })
  assert.match(checker.faults[0] ?? '', /^node 2 forgot votes/)
})

test('of many faults the first are named and the rest is counted', () => {
  const checker = new Checker()
  checker.noteErrors(
    0,
    Array.from({ length: 9 }, (_, index) => `line ${index}`)
  )
  assert.is(checker.faults.length, 6)
  assert.is(checker.faults[5], 'and 4 faults more')
})

test.run()
