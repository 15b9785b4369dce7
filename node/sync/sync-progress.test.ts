import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { describeSync, SyncMeter } from './sync-progress.ts'

const test = suite('progress of catching up')

function meterAt(): { meter: SyncMeter; wait: (ms: number) => void; logged: string[] } {
  let nowMs = 1000
  const logged: string[] = []
  const clock = { nowMs: (): number => nowMs }
  const meter = new SyncMeter({ clock, log: (message) => void logged.push(message) })
  return {
    meter,
    logged,
    wait: (ms) => {
      nowMs += ms
    }
  }
}

test('nothing is told when there is nothing to catch up with', () => {
  const { meter } = meterAt()
  assert.is(meter.progress(), null)
  meter.note('blocks', 1, 10)
  meter.end()
  assert.is(meter.progress(), null)
})

test('the rate is that of the last seconds, and the time left follows from it', () => {
  const { meter, wait } = meterAt()
  meter.note('blocks', 0, 10_000)
  assert.is(meter.progress()?.leftMs, null)
  for (let second = 1; second <= 30; second++) {
    wait(1000)
    meter.note('blocks', second <= 15 ? 10 * second : 150 + 100 * (second - 15), 10_000)
  }
  const progress = meter.progress()
  assert.equal(progress, {
    kind: 'blocks',
    done: 1650,
    total: 10_000,
    leftMs: 83_500,
    blocksPerSecond: 100
  })
})

test('from a snapshot to blocks it begins to count anew', () => {
  const { meter, wait } = meterAt()
  meter.note('snapshot', 0, 50_000_000)
  wait(1000)
  meter.note('snapshot', 10_000_000, 50_000_000)
  const progress = meter.progress()
  assert.is(progress?.kind === 'snapshot' && progress.bytesPerSecond, 10_000_000)
  assert.is(
    progress && describeSync(progress),
    'Catching up by snapshot: 20 %, 10 MB/s, about 4 s left.'
  )
  meter.note('blocks', 100, 200)
  assert.is(meter.progress()?.leftMs, null)
})

test('the log hears of it every few seconds only', () => {
  const { meter, wait, logged } = meterAt()
  for (let count = 0; count < 1000; count++) {
    meter.note('blocks', count, 1000)
    wait(11)
  }
  assert.is(logged.length, 3)
})

test('long waits are told in minutes and hours', () => {
  const base = { kind: 'snapshot', done: 0, total: 1e12, bytesPerSecond: 1e5 } as const
  assert.match(describeSync({ ...base, leftMs: 600_000 }), /about 10 min left/)
  assert.match(describeSync({ ...base, leftMs: 36_000_000 }), /100 kB\/s, about 10 h left/)
  assert.is(
    describeSync({ kind: 'blocks', done: 0, total: 30_000, blocksPerSecond: 0, leftMs: null }),
    'Catching up: block 0 of 30,000.'
  )
})

test.run()
