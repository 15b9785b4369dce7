import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { atMostEvery } from './at-most-every.ts'

const test = suite('work at most so often')

test('it is done at once, then once for all who asked meanwhile', async () => {
  let done = 0
  let nowMs = 0
  const work = atMostEvery(
    1,
    () => done++,
    () => nowMs
  )
  for (let asked = 0; asked < 5; asked++) work.ask()
  assert.is(done, 1)
  while (done < 2) await sleep(1)
  assert.is(done, 2)
  nowMs = 10
  work.ask()
  assert.is(done, 3)
  work.ask()
  work.stop()
  await sleep(5)
  assert.is(done, 3)
})

test.run()
