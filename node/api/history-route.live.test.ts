import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toHex } from '../../protocol/index.ts'
import { withHttp } from './testing/http-world.ts'
import { say } from './testing/talking-device.ts'

const test = suite('the history of a device over HTTP')

interface History {
  readonly readings: readonly { readonly sequence: number; readonly timeMs: number }[]
  readonly next: string | null
  readonly pruned: { readonly keptFromHeight: number } | null
  readonly code?: string
}

test(
  'pages follow on each other, and bounds of time are kept',
  withHttp(async (world) => {
    await say(world, 1, 5)
    const path = `/v1/devices/${world.device.hexId}/history`
    const read = async (query: string): Promise<History> =>
      (await (await world.get(`${path}?${query}`)).json()) as History
    const sequencesOf = ({ readings }: History): number[] =>
      readings.map(({ sequence }) => sequence)
    const first = await read('limit=2')
    assert.equal([sequencesOf(first), first.pruned], [[5, 4], null])
    const second = await read(`limit=2&at=${first.next}`)
    const third = await read(`limit=2&at=${second.next}`)
    assert.equal([sequencesOf(second), sequencesOf(third), third.next], [[3, 2], [1], null])
    const [from, to] = [second.readings[1]?.timeMs, second.readings[0]?.timeMs]
    assert.equal(sequencesOf(await read(`from=${from}&to=${to}`)), [3, 2])
  })
)

test(
  'an answer that would be the same is not sent again, whatever else the ledger does',
  withHttp(async (world) => {
    await say(world, 1, 2)
    const path = `/v1/devices/${world.device.hexId}/history`
    const etag = (await world.get(path)).headers.get('etag') ?? ''
    world.ledger.finalise()
    const same = await world.get(path, { 'if-none-match': etag })
    assert.equal([same.status, await same.text()], [304, ''])
    assert.is(same.headers.get('thingmoot-height'), '3')
    const cbor = await world.get(path, { accept: 'application/cbor' })
    assert.is.not(cbor.headers.get('etag'), etag)
    await say(world, 3, 3)
    assert.is((await world.get(path, { 'if-none-match': etag })).status, 200)
  })
)

test(
  'where older ones are pruned the answer says so, and from where on this node keeps them',
  withHttp(async (world) => {
    await say(world, 1, 4)
    world.ledger.setStatus({ transactionsFrom: 3 })
    const answer = await world.get(`/v1/devices/${world.device.hexId}/history`)
    const { readings, pruned, next } = (await answer.json()) as History
    assert.equal(
      [readings.map(({ sequence }) => sequence), pruned, next],
      [[4, 3], { keptFromHeight: 3 }, null]
    )
  })
)

test(
  'what is no history is refused by its code',
  withHttp(async (world) => {
    await say(world, 1, 1)
    const own = `/v1/devices/${world.device.hexId}/history`
    const cases: readonly [string, number, string][] = [
      [`/v1/devices/${'00'.repeat(32)}/history`, 404, 'DEVICE_NOT_FOUND'],
      [`${own}?at=${toHex(new Uint8Array(32))}`, 400, 'QUERY_WRONG'],
      [`${own}?limit=0`, 400, 'QUERY_WRONG'],
      [`${own}?limit=201`, 400, 'QUERY_WRONG'],
      [`${own}?from=2&to=1`, 400, 'QUERY_WRONG'],
      [`${own}?from=-1`, 400, 'QUERY_WRONG'],
      [`${own}?at=x`, 400, 'QUERY_WRONG'],
      [`${own}?since=1`, 400, 'QUERY_WRONG'],
      ['/v1/devices/xyz/history', 400, 'PARAMETER_WRONG']
    ]
    for (const [path, status, code] of cases) {
      const answer = await world.get(path)
      assert.equal([answer.status, ((await answer.json()) as History).code], [status, code], path)
    }
  })
)

test.run()
