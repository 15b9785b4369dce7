import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readEvents } from '../testing/event-reader.ts'
import { withHttp } from '../testing/http-world.ts'
import { say } from '../testing/talking-device.ts'

const test = suite('events of final blocks')

test(
  'a listener hears of blocks and readings as they become final, each under its own id',
  withHttp(async (world) => {
    const events = await readEvents(world.base, '/v1/events')
    assert.is(events.response.headers.get('content-type'), 'text/event-stream')
    assert.is(events.response.headers.get('thingmoot-network'), world.ledger.networkId)
    await say(world, 1, 2)
    const heard = await events.take(4)
    assert.equal(
      heard.map(({ id, event }) => [id, event]),
      [
        ['1.0', 'block'],
        ['1.1', 'reading'],
        ['2.0', 'block'],
        ['2.1', 'reading']
      ]
    )
    const reading = heard[3]?.data as { deviceId: string; sequence: number; outcome: string }
    assert.equal(
      [reading.deviceId, reading.sequence, reading.outcome],
      [world.device.hexId, 2, 'applied']
    )
    events.close()
  })
)

test(
  'filters leave out what was not asked for, and a device that nobody knows is silent',
  withHttp(async (world) => {
    const other = 'ab'.repeat(32)
    const [own, foreign, blocks] = await Promise.all([
      readEvents(world.base, `/v1/events?events=reading&devices=${world.device.hexId},${other}`),
      readEvents(world.base, `/v1/events?devices=${other}`),
      readEvents(world.base, '/v1/events?events=block')
    ])
    await say(world, 1, 2)
    assert.equal(
      (await own.take(2)).map(({ id }) => id),
      ['1.1', '2.1']
    )
    assert.equal(
      (await foreign.take(2)).map(({ event }) => event),
      ['block', 'block']
    )
    assert.equal(
      (await blocks.take(2)).map(({ id }) => id),
      ['1.0', '2.0']
    )
    for (const stream of [own, foreign, blocks]) stream.close()
  })
)

test(
  'a listener that comes again misses nothing and hears nothing twice, in the middle of a block too',
  withHttp(async (world) => {
    await say(world, 1, 5)
    const after = async (id: string, count: number): Promise<string[]> => {
      const stream = await readEvents(world.base, '/v1/events', { 'last-event-id': id })
      const ids = (await stream.take(count)).map((event) => event.id)
      stream.close()
      return ids
    }
    assert.equal(await after('2.0', 3), ['2.1', '3.0', '3.1'])
    assert.equal(await after('2.1', 2), ['3.0', '3.1'])
    assert.equal(await after('4', 2), ['5.0', '5.1'])
    const query = await readEvents(world.base, '/v1/events?after=4.1')
    assert.equal((await query.take(1))[0]?.id, '5.0')
    query.close()
  })
)

test(
  'whoever missed what is not kept is told so by its code, and hears on from there',
  withHttp(async (world) => {
    await say(world, 1, 4)
    world.ledger.setStatus({ transactionsFrom: 3 })
    const forgotten = await readEvents(world.base, '/v1/events', { 'last-event-id': '1.1' })
    const [reset] = await forgotten.take(1)
    assert.equal(reset, {
      id: '4',
      event: 'reset',
      data: { code: 'EVENTS_NOT_KEPT', nextHeight: 5 }
    })
    await say(world, 5, 5)
    assert.equal(
      (await forgotten.take(2)).map(({ id }) => id),
      ['5.0', '5.1']
    )
    forgotten.close()
    const ahead = await readEvents(world.base, '/v1/events', { 'last-event-id': '999999999' })
    assert.equal((await ahead.take(1))[0]?.data, { code: 'EVENT_UNKNOWN', nextHeight: 6 })
    ahead.close()
  })
)

test(
  'what no listener means is refused: ids, kinds, devices, forms',
  withHttp(async ({ get }) => {
    const cases: readonly [string, Record<string, string>, number, string][] = [
      ['/v1/events', { 'last-event-id': '-1' }, 400, 'QUERY_WRONG'],
      ['/v1/events', { 'last-event-id': '1.2.3' }, 400, 'QUERY_WRONG'],
      ['/v1/events', { 'last-event-id': '9'.repeat(30) }, 400, 'QUERY_WRONG'],
      ['/v1/events?events=weather', {}, 400, 'QUERY_WRONG'],
      ['/v1/events?devices=12', {}, 400, 'QUERY_WRONG'],
      [`/v1/events?devices=${Array(65).fill('ab'.repeat(32)).join(',')}`, {}, 400, 'QUERY_WRONG'],
      ['/v1/events', { accept: 'application/json' }, 406, 'MEDIA_TYPE_NOT_OFFERED']
    ]
    for (const [path, headers, status, code] of cases) {
      const answer = await get(path, headers)
      assert.is(answer.status, status, path)
      assert.is(((await answer.json()) as { code: string }).code, code)
    }
  })
)

test(
  'listeners have so many places, give them back, and are let go when the node stops',
  withHttp(
    async (world) => {
      const first = await readEvents(world.base, '/v1/events')
      const second = await readEvents(world.base, '/v1/events')
      const third = await world.get('/v1/events')
      assert.is(third.status, 503)
      assert.is(third.headers.get('retry-after'), '5')
      assert.is(((await third.json()) as { code: string }).code, 'STREAMS_TOO_MANY')
      assert.is((await world.get('/v1/events', { accept: 'text/html' })).status, 406)
      const head = await fetch(`${world.base}/v1/events`, { method: 'HEAD' })
      assert.is(head.status, 503)
      second.close()
      let again = await world.get('/v1/events')
      while (again.status === 503) again = await world.get('/v1/events')
      await again.body?.cancel()
      await world.api.stop()
      assert.equal(await first.rest(), [])
    },
    { events: { streamsMax: 2 } }
  )
)

test.run()
