import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { BatchId, HeldBatch, MemberIndex } from '../../protocol/index.ts'
import { OwnBacklog } from './own-backlog.ts'

const test = suite('the backlog of own batches')

function batches(count: number): readonly HeldBatch[] {
  return Array.from({ length: count }, (_, index) => ({
    id: String(index).padStart(64, '0') as BatchId,
    authorIndex: 0 as MemberIndex,
    priority: 1,
    bytes: 100,
    count: 1
  }))
}

function backlogOf(all: readonly HeldBatch[]): OwnBacklog {
  const backlog = new OwnBacklog()
  for (const batch of all) backlog.add(batch)
  return backlog
}

test('what consensus had no room for is offered again, the eldest first', () => {
  const all = batches(5)
  const held = new Set(all.slice(0, 2).map(({ id }) => id))
  const unheld = backlogOf(all).unheld((id) => held.has(id), held.size)
  assert.equal(unheld, all.slice(2))
})

test('no more is offered at once than a block can hold, and in the end all is', () => {
  const all = batches(1_200)
  const backlog = backlogOf(all)
  const offered: BatchId[] = []
  while (backlog.size > 0) {
    const next = backlog.unheld(() => false, 0).map(({ id }) => id)
    assert.ok(next.length > 0 && next.length <= 512)
    offered.push(...next)
    backlog.settle(next)
  }
  assert.equal(
    offered,
    all.map(({ id }) => id)
  )
})

test('what is final is offered no more', () => {
  const all = batches(3)
  const backlog = backlogOf(all)
  backlog.settle(all.slice(0, 2).map(({ id }) => id))
  assert.equal(
    backlog.unheld(() => false, 0),
    all.slice(2)
  )
})

test('as long as consensus holds all of them nothing is looked for', () => {
  const backlog = backlogOf(batches(3))
  const looked: BatchId[] = []
  backlog.unheld((id) => looked.push(id) > 0, 3)
  assert.equal(looked, [])
})

test('it holds no more than its bound', () => {
  assert.is(backlogOf(batches(33_000)).size, 32_768)
})

test.run()
