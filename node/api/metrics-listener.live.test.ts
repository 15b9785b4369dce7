import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMetricsListener } from './metrics-listener.ts'

const test = suite('metrics listener')

test('metrics stand on a listener of their own', async () => {
  const bugs: unknown[] = []
  let fails = false
  const listener = createMetricsListener(
    { host: '127.0.0.1', port: 0 },
    {
      metricsText: async () => {
        if (fails) throw new Error('secret')
        return 'thingmoot_height 1\n'
      },
      reportBug: (error) => void bugs.push(error)
    }
  )
  await listener.start()
  const base = `http://127.0.0.1:${listener.address()?.port}`
  const answer = await fetch(`${base}/metrics`)
  assert.is(await answer.text(), 'thingmoot_height 1\n')
  assert.match(answer.headers.get('content-type') ?? '', /version=0\.0\.4/)
  assert.is((await fetch(`${base}/v1/status`)).status, 404)
  assert.is((await fetch(`${base}/metrics`, { method: 'DELETE' })).status, 405)
  fails = true
  const failed = await fetch(`${base}/metrics`)
  assert.not.match(await failed.text(), /secret/)
  assert.equal([failed.status, bugs.length], [500, 1])
  await listener.stop()
  assert.is(listener.address(), null)
})

test.run()
