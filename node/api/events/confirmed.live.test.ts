import { once } from 'node:events'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { readEvents } from '../testing/event-reader.ts'
import { withHttp } from '../testing/http-world.ts'
import { say } from '../testing/talking-device.ts'

const test = suite('events of confirmed blocks')

const RIVAL_ROOT = new Uint8Array(32).fill(9)

interface Told {
  readonly height: number
  readonly blockId: string
  readonly final?: boolean
  readonly revocable?: boolean
}

test(
  'whoever asks hears of a confirmed block without an id, and of the final one under its own',
  withHttp(async (world) => {
    const events = await readEvents(world.base, '/v1/events?events=confirmed,block')
    world.ledger.confirm()
    world.ledger.finalise()
    const [confirmed, final] = await events.take(2)
    assert.equal([confirmed?.event, confirmed?.id], ['confirmed', ''])
    assert.equal([final?.event, final?.id], ['block', '1.0'])
    const told = confirmed?.data as Told
    assert.equal([told.height, told.final, told.revocable], [1, false, true])
    assert.is(told.blockId, (final?.data as Told | undefined)?.blockId)
    events.close()
  })
)

test(
  'a confirmed block that loses is withdrawn before the one that won is told',
  withHttp(async (world) => {
    const events = await readEvents(world.base, '/v1/events?events=block,confirmed')
    world.ledger.confirm(RIVAL_ROOT)
    world.ledger.confirm(RIVAL_ROOT)
    world.ledger.finalise()
    const heard = await events.take(3)
    assert.equal(
      heard.map(({ event }) => event),
      ['confirmed', 'withdrawn', 'block']
    )
    const [confirmed, withdrawn, final] = heard.map(({ data }) => data as Told)
    assert.is(withdrawn?.blockId, confirmed?.blockId)
    assert.is(withdrawn?.revocable, false)
    assert.is.not(final?.blockId, confirmed?.blockId)
    events.close()
  })
)

test(
  'who does not ask by name is told of nothing that could be taken back',
  withHttp(async (world) => {
    const events = await readEvents(world.base, '/v1/events')
    world.ledger.confirm(RIVAL_ROOT)
    await say(world, 1, 1)
    assert.equal(
      (await events.take(2)).map(({ event }) => event),
      ['block', 'reading']
    )
    events.close()
  })
)

test(
  'who comes later is not told of the withdrawal of what it never heard of',
  withHttp(async (world) => {
    world.ledger.confirm(RIVAL_ROOT)
    const events = await readEvents(world.base, '/v1/events?events=block,confirmed')
    world.ledger.finalise()
    assert.is((await events.take(1))[0]?.event, 'block')
    events.close()
  })
)

test(
  'over a WebSocket the same is told under the name of the subscription',
  withHttp(async ({ port, ledger }) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/socket`, 'thingmoot.v1')
    const heard: Record<string, unknown>[] = []
    socket.on('message', (data) => heard.push(JSON.parse(String(data))))
    await once(socket, 'open')
    socket.send(JSON.stringify({ subscribe: 'soon', events: ['confirmed', 'block'] }))
    while (heard.length < 1) await once(socket, 'message')
    ledger.confirm()
    ledger.finalise()
    while (heard.length < 3) await once(socket, 'message')
    assert.equal(
      heard.slice(1).map(({ subscription, event, id }) => [subscription, event, id]),
      [
        ['soon', 'confirmed', undefined],
        ['soon', 'block', '1.0']
      ]
    )
    socket.close()
  })
)

test.run()
