import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeMotion, PARAMETERS, toHex } from '../../protocol/index.ts'
import { GENESIS } from '../testing/small-network.ts'
import { withHttp } from './testing/http-world.ts'

const test = suite('governance over HTTP')

// biome-ignore lint/suspicious/noExplicitAny: a test reads JSON as it comes
type Json = any

test(
  'who governs, motions and applications are told in JSON',
  withHttp(async ({ get }) => {
    const { governance } = (await (await get('/v1/governance')).json()) as Json
    assert.equal([governance.epoch, governance.members.length], [0, 2])
    assert.is(governance.parameters.heartbeatMs, GENESIS.parameters.heartbeatMs)
    assert.equal(((await (await get('/v1/motions')).json()) as Json).motions, [])
    assert.equal(((await (await get('/v1/applications')).json()) as Json).applications, [])
    const missing = await get(`/v1/motions/${'00'.repeat(32)}`)
    assert.is(missing.status, 404)
    assert.is(((await missing.json()) as Json).code, 'MOTION_NOT_FOUND')
    const whatIf = await get(`/v1/what-if?motion=${'00'.repeat(32)}`)
    assert.equal([whatIf.status, ((await whatIf.json()) as Json).code], [404, 'MOTION_NOT_FOUND'])
    for (const query of ['', '?motion=1', '?type=remove'])
      assert.is((await get(`/v1/what-if${query}`)).status, 400)
    const unknown = await get(`/v1/applications/${'00'.repeat(32)}`)
    assert.is(((await unknown.json()) as Json).code, 'APPLICATION_NOT_FOUND')
  })
)

test(
  'what a motion would do is answered for JSON and for CBOR alike, and nonsense is refused',
  withHttp(async ({ port }) => {
    const ask = async (mediaType: string, body: string | Uint8Array): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}/v1/motions/what-if`, {
        method: 'POST',
        headers: { 'content-type': mediaType },
        body: typeof body === 'string' ? body : new Uint8Array(body)
      })
    const memberId = GENESIS.members[0]?.memberId as Uint8Array
    const remove = { type: 'remove', argument: { memberId: toHex(memberId) } }
    const answer = (await (await ask('application/json', JSON.stringify(remove))).json()) as Json
    assert.is(answer.whatIf.after.members, 1)
    assert.is(answer.whatIf.missing.length, 1)
    const number = PARAMETERS.findIndex(({ name }) => name === 'heartbeatMs')
    const motion = encodeMotion({ type: 'change-parameter', number, value: 30_000 })
    const { whatIf } = (await (await ask('application/cbor', motion)).json()) as Json
    assert.equal(whatIf.argument, { name: 'heartbeatMs', value: 30_000 })
    assert.is(whatIf.fault, null)
    for (const body of ['{}', '{"type":"remove","argument":{}}'])
      assert.is((await ask('application/json', body)).status, 400)
    assert.is((await ask('application/cbor', new Uint8Array([0x80]))).status, 400)
  })
)

test.run()
