import { setImmediate as turn } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createLane } from './mqtt-lane.ts'

const test = suite('MQTT lane')

test('work runs side by side, within bounds, and is settled in order', async () => {
  const errors: unknown[] = []
  const lane = createLane({ runningMax: 2, waitingMax: 2 }, (error) => void errors.push(error))
  const finish: (() => void)[] = []
  const begun: number[] = []
  const settled: number[] = []
  const run = (number: number): boolean =>
    lane.run(
      () =>
        new Promise<number>((resolve) => {
          begun.push(number)
          finish[number] = () => resolve(number)
        }),
      (result) => settled.push(result)
    )
  assert.equal([0, 1, 2, 3, 4].map(run), [true, true, true, true, false])
  assert.equal(begun, [0, 1])
  finish[1]?.()
  await turn()
  assert.equal([begun, settled], [[0, 1, 2], []])
  finish[0]?.()
  await turn()
  assert.equal(settled, [0, 1])
  finish[3]?.()
  finish[2]?.()
  await turn()
  assert.equal([settled, errors], [[0, 1, 2, 3], []])
})

test('work that throws is reported, and the lane goes on', async () => {
  const errors: unknown[] = []
  const settled: string[] = []
  const lane = createLane({ runningMax: 1, waitingMax: 2 }, (error) => void errors.push(error))
  lane.run(
    () => Promise.reject(new Error('broken')),
    () => settled.push('first')
  )
  lane.run(
    async () => 'second',
    (result) => settled.push(result)
  )
  await turn()
  assert.equal([settled, errors.length], [['second'], 1])
})

test.run()
