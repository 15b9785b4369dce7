import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ROWS } from './registry.ts'
import { type Row, RowSkip } from './row.ts'
import { type RowResult, runRows } from './run-rows.ts'
import type { UndoStack } from './undo-stack.ts'

const test = suite('chaos')

let undo: UndoStack | undefined
test.after(() => undo?.run())

async function resultOf(row: Row | undefined): Promise<RowResult | undefined> {
  assert.ok(row)
  const [result] = await runRows(
    { rows: [row], cycles: 1, isLong: false },
    {
      note: () => undefined,
      onResult: () => undefined,
      onUndo: (stack) => {
        undo = stack
      }
    }
  )
  return result
}

test('nodes that are asked to end under load lose nothing', async () => {
  const result = await resultOf(ROWS.find(({ id }) => id === 'C12'))
  assert.equal([result?.result, result?.reasons], ['passed', []])
  assert.ok(Number(result?.figures['finals']) > 0)
})

test('a row that breaks fails, one that cannot run is skipped, and neither passes', async () => {
  const row = { id: 'X01', title: 'a row', needs: [] }
  const broken = await resultOf({ ...row, run: () => Promise.reject(new Error('broken')) })
  assert.is(broken?.result, 'failed')
  assert.match(broken?.reasons[0] ?? '', 'broken')
  const unable = await resultOf({ ...row, run: () => Promise.reject(new RowSkip('not here')) })
  assert.equal([unable?.result, unable?.reasons], ['skipped', ['not here']])
})

test('every row has an id of its own', () => {
  assert.is(new Set(ROWS.map(({ id }) => id)).size, ROWS.length)
})

test.run()
