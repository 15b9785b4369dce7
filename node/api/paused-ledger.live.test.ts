import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { withHttp } from './testing/http-world.ts'

const test = suite('HTTP API of a paused ledger')

// biome-ignore lint/suspicious/noExplicitAny: a test reads JSON as it comes
type Json = any
const jsonOf = async (response: Response): Promise<Json> => response.json()
const READS = ['/v1/members', '/v1/state/network', '/v1/headers', `/v1/devices/${'0'.repeat(64)}`]

test(
  'reads of a ledger that goes on carry no mark',
  withHttp(async ({ get }) => {
    for (const path of READS) {
      const answer = await get(path)
      assert.is(answer.headers.get('thingmoot-stale'), null)
      assert.is((await jsonOf(answer)).stale, undefined)
    }
  })
)

test(
  'each read says that it may be old, in its header and, where it is JSON, in its body',
  withHttp(async ({ get, ledger }) => {
    for (const staleness of ['quorum-lost', 'no-member-reached', 'behind'] as const) {
      ledger.setStatus({ staleness })
      for (const path of READS) {
        const answer = await get(path)
        assert.is(answer.headers.get('thingmoot-stale'), staleness, path)
        assert.is((await jsonOf(answer)).stale, true, path)
      }
      const binary = await get('/v1/state/network', { accept: 'application/cbor' })
      assert.is(binary.headers.get('thingmoot-stale'), staleness)
    }
  })
)

test(
  'what has not changed says so all the same, with the mark',
  withHttp(async ({ get, ledger }) => {
    const etag = (await get('/v1/state/network')).headers.get('etag') ?? ''
    ledger.setStatus({ staleness: 'quorum-lost' })
    const answer = await get('/v1/state/network', { 'if-none-match': etag })
    assert.is(answer.status, 304)
    assert.is(answer.headers.get('thingmoot-stale'), 'quorum-lost')
  })
)

test(
  'a full room of a paused ledger is refused with its code and a time to come again',
  withHttp(async ({ post, device, ledger }) => {
    ledger.setBusy({ kind: 'busy', code: 'PAUSED_ROOM_FULL', retryAfterMs: 30_000 })
    const answer = await post('', 'application/cbor', device.message(1))
    assert.equal([answer.status, answer.headers.get('retry-after')], [503, '30'])
    assert.is((await jsonOf(answer)).code, 'PAUSED_ROOM_FULL')
  })
)

test.run()
