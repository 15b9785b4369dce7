import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  concatBytes,
  decodeCbor,
  decodeReadProof,
  decodeReceiptProof,
  fromHex,
  judgeRead,
  judgeReceipt,
  toHex
} from '../../protocol/index.ts'
import type { NodeError } from '../errors.ts'
import { DamagedRecord } from '../storage/damaged-record.ts'
import { createHttpApi } from './http-api.ts'
import { withHttp } from './testing/http-world.ts'

const test = suite('HTTP API')
const CBOR = 'application/cbor'

// biome-ignore lint/suspicious/noExplicitAny: a test reads JSON as it comes
type Json = any
const jsonOf = async (response: Response): Promise<Json> => response.json()
const bytesOf = async (response: Response): Promise<Uint8Array> =>
  new Uint8Array(await response.arrayBuffer())

test(
  'a transaction is taken, becomes final, and is told of with its receipt',
  withHttp(async ({ get, post, device, ledger }) => {
    const answer = await post('', CBOR, device.message(1))
    assert.is(answer.status, 202)
    const { network, height, finalAt, transaction } = await jsonOf(answer)
    assert.equal([network, height, finalAt], ['memory', 0, '2025-10-09T08:53:20.000Z'])
    assert.is(transaction.transactionId, device.transactionId(1))
    assert.is(transaction.stage, 'accepted')
    assert.ok(fromHex(transaction.acceptedReceipt))

    const early = await get(`/v1/receipts/${device.transactionId(1)}`)
    assert.is(early.status, 404)
    assert.is((await jsonOf(early)).code, 'RECEIPT_NOT_FOUND')

    ledger.finalise()
    const status = await jsonOf(await get(`/v1/transactions/${device.transactionId(1)}`))
    assert.is(status.transaction.stage, 'final')
    assert.is(status.transaction.height, 1)
    const { receipt } = await jsonOf(await get(`/v1/receipts/${device.transactionId(1)}`))
    assert.equal([receipt.outcome, receipt.code, receipt.block.height], ['applied', null, 1])

    const binary = await get(`/v1/receipts/${device.transactionId(1)}`, { accept: CBOR })
    assert.is(binary.headers.get('content-type'), CBOR)
    const encoded = await bytesOf(binary)
    assert.is(toHex(encoded), receipt.proof)
    const proof = decodeReceiptProof(encoded)
    assert.ok(proof !== undefined && judgeReceipt(proof, ledger).ok)
  })
)

test(
  'waiting for final answers 200 once it is, and 202 when time is up',
  withHttp(async ({ post, device, ledger }) => {
    const slow = await post('?wait=final&timeoutMs=10', CBOR, device.message(1))
    assert.is(slow.status, 202)
    assert.is((await jsonOf(slow)).transaction.stage, 'accepted')
    const waiting = post('?wait=final', CBOR, device.message(2))
    while (ledger.submissions() < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    ledger.finalise()
    const answer = await waiting
    assert.is(answer.status, 200)
    assert.is(answer.headers.get('thingmoot-height'), '1')
    assert.is((await jsonOf(answer)).transaction.stage, 'final')
  })
)

test(
  'many transactions come as a CBOR sequence or as JSON, each with its own result',
  withHttp(async ({ post, device }) => {
    const sequence = concatBytes(device.message(1), device.message(1, 30), device.message(2))
    const answer = await post('', 'application/cbor-seq', sequence)
    assert.is(answer.status, 200)
    const { results } = await jsonOf(answer)
    assert.equal(
      results.map(({ status }: Json) => status),
      [202, 409, 202]
    )
    assert.is(results[1].problem.type, 'urn:thingmoot:problem:sequence-used')

    const transactions = [toHex(device.message(3)), '00', '00'.repeat(65_536)]
    const second = await jsonOf(
      await post('', 'application/json', JSON.stringify({ transactions }))
    )
    assert.equal(
      second.results.map(({ status }: Json) => status),
      [202, 400, 400]
    )
  })
)

test(
  'refusals and a busy node are told by status, code and type',
  withHttp(async ({ post, device, ledger }) => {
    const spoilt = device.message(1).with(-1, 0)
    const forged = device.message(1)
    const at = forged.length - 60
    forged[at] = (forged[at] as number) ^ 1
    for (const [wire, status, code] of [
      [Uint8Array.of(1, 2, 3), 400, 'ENCODING_NOT_CANONICAL'],
      [Uint8Array.of(0x80), 400, 'SHAPE_WRONG'],
      [spoilt, 422, 'CONTENT_MISMATCH'],
      [forged, 422, 'SIGNATURE_INVALID']
    ] as const) {
      const answer = await post('', CBOR, wire)
      assert.is(answer.headers.get('content-type'), 'application/problem+json')
      const body = await jsonOf(answer)
      assert.equal([answer.status, body.status, body.code], [status, status, code])
      assert.is(body.network, 'memory')
    }
    await post('', CBOR, device.message(1))
    const conflict = await post('', CBOR, device.message(1, 22))
    assert.is(conflict.status, 409)

    ledger.setBusy({ kind: 'busy', code: 'POOL_FULL', retryAfterMs: 1_500 })
    const busy = await post('', CBOR, device.message(2))
    assert.equal([busy.status, busy.headers.get('retry-after')], [503, '2'])
    ledger.setBusy({ kind: 'busy', code: 'SENDER_QUOTA_EMPTY', retryAfterMs: 100 })
    const greedy = await post('', CBOR, device.message(2))
    assert.equal([greedy.status, greedy.headers.get('retry-after')], [429, '1'])
  })
)

test(
  'a device and its readings are read, newest first and by pages',
  withHttp(async ({ get, post, device, ledger }) => {
    for (const sequence of [1, 2, 3]) await post('', CBOR, device.message(sequence, sequence))
    ledger.finalise()
    const record = (await jsonOf(await get(`/v1/devices/${device.hexId}`))).device
    assert.equal([record.deviceId, record.device.sequence], [device.hexId, 3])

    const page = await jsonOf(await get(`/v1/devices/${device.hexId}/readings?limit=2`))
    assert.equal(
      page.readings.map(({ sequence }: Json) => sequence),
      [3, 2]
    )
    assert.equal(page.readings[0].records, [{ n: 'temperature', u: 'Cel', v: 3 }])
    assert.is(page.readings[0].contentKindName, 'reading')
    const rest = await jsonOf(
      await get(`/v1/devices/${device.hexId}/readings?limit=2&before=${page.nextBefore}`)
    )
    assert.equal([rest.readings.length, rest.nextBefore], [1, null])
    assert.is((await get(`/v1/devices/${'0'.repeat(64)}/readings`)).status, 404)
    assert.is((await get(`/v1/devices/${device.hexId}/readings?limit=201`)).status, 400)
  })
)

test(
  'the state is read with a proof that holds, in JSON and in CBOR',
  withHttp(async ({ get, ledger }) => {
    const path = `/v1/state/devices/${'ab'.repeat(32)}?proof=1`
    const { state } = await jsonOf(await get(path))
    assert.equal(
      [state.table, state.value, state.record, state.provenAtHeight],
      ['devices', null, null, 0]
    )
    const proof = decodeReadProof(await bytesOf(await get(path, { accept: CBOR })))
    assert.ok(proof !== undefined && judgeRead(proof, ledger).ok)
    assert.is(proof.value, null)

    const ring = (await jsonOf(await get(`/v1/state/recent-blocks/${'00'.repeat(8)}`))).state
    assert.is(ring.record.height, 0)
    assert.is(ring.proof, undefined)
    assert.is((await get('/v1/state/network')).status, 200)
    const unknown = await get('/v1/state/nonsense/00')
    assert.equal([unknown.status, (await jsonOf(unknown)).code], [404, 'TABLE_NOT_FOUND'])
  })
)

test(
  'a reader who is ahead waits for the height, or is told where the node is',
  withHttp(async ({ get, ledger }) => {
    const late = await get('/v1/members', { 'thingmoot-height': '1' })
    assert.equal(
      [late.status, late.headers.get('retry-after'), (await jsonOf(late)).height],
      [503, '1', 0]
    )
    assert.is((await get('/v1/state/network?at=7')).status, 503)
    ledger.finalise()
    assert.is((await get('/v1/members', { 'thingmoot-height': '1' })).status, 200)
    assert.is((await get('/v1/state/network?at=1')).status, 200)
    assert.is((await get('/v1/members', { 'thingmoot-height': '1e9' })).status, 400)
  })
)

test(
  'what has not changed since is not sent again',
  withHttp(async ({ get, device }) => {
    const path = `/v1/devices/${device.hexId}`
    const etag = (await get(path)).headers.get('etag') ?? ''
    const again = await get(path, { 'if-none-match': `"other", ${etag}` })
    assert.equal([again.status, await again.text(), again.headers.get('etag')], [304, '', etag])
    assert.is((await get(path, { 'if-none-match': '"other"' })).status, 200)
    assert.is((await get(`/v1/transactions/${'0'.repeat(64)}`)).headers.get('etag'), null)
  })
)

test(
  'blocks, headers, members and status are read',
  withHttp(async ({ get, ledger }) => {
    ledger.finalise()
    const { block } = await jsonOf(await get('/v1/blocks/1'))
    assert.equal([block.height, block.blockBytes], [1, undefined])
    const byId = await jsonOf(await get(`/v1/blocks/${block.blockId}`))
    assert.is(byId.block.headerBytes, block.headerBytes)
    const binary = decodeCbor(await bytesOf(await get('/v1/blocks/1', { accept: CBOR })))
    assert.is(toHex((binary as Uint8Array[])[1] as Uint8Array), block.finalisation)
    assert.is((await get('/v1/blocks/9')).status, 404)
    assert.is((await get('/v1/blocks/0x1')).status, 400)

    const { headers } = await jsonOf(await get('/v1/headers?from=1&limit=512'))
    assert.equal(headers, [block.headerBytes])
    assert.is((await get('/v1/headers?limit=513')).status, 400)
    const { members } = await jsonOf(await get('/v1/members'))
    assert.equal([members.length, members[0].region], [1, 'here'])
    const { status } = await jsonOf(await get('/v1/status'))
    assert.equal([status.state, status.height], ['ready', 1])
    assert.ok((await jsonOf(await get('/v1/echo'))).nodeId)
  })
)

test(
  'readiness follows the node, and goes first when it stops',
  withHttp(async ({ get, api, ledger }) => {
    assert.is(await (await get('/livez')).text(), 'ok\n')
    assert.is((await get('/readyz')).status, 200)
    assert.is((await get('/readyz?minPeers=3')).status, 503)
    const behind = await get('/readyz?maxBlocksBehind=2&verbose')
    assert.equal([behind.status, (await jsonOf(behind)).blocksBehind], [503, 3])
    ledger.setStatus({ state: 'paused' })
    assert.is((await get('/readyz')).status, 503)
    ledger.setStatus({})
    api.beginShutdown()
    assert.is((await get('/readyz')).status, 503)
    assert.is((await get('/v1/status')).status, 200)
  })
)

test(
  'a stopping API answers those who wait',
  withHttp(async ({ api, post, device, ledger }) => {
    const waiting = post('?wait=final&timeoutMs=30000', CBOR, device.message(1))
    while (ledger.submissions() < 1) await new Promise((resolve) => setTimeout(resolve, 5))
    await api.stop()
    assert.is((await waiting).status, 202)
  })
)

test(
  'a bug is reported, and shows nothing of its inside',
  withHttp(async ({ get, ledger, bugs }) => {
    ledger.setStatus({ peers: Number.NaN })
    const answer = await get('/v1/status')
    const text = await answer.text()
    assert.is(answer.status, 500)
    assert.is(JSON.parse(text).code, 'INTERNAL_ERROR')
    assert.not.match(text, /invariant|\.ts|\.js|records/i)
    assert.is(bugs.length, 1)
  })
)

test(
  'a damaged record is a problem that passes, and no bug',
  withHttp(async ({ get, ledger, bugs }) => {
    const refuse = (): Promise<never> =>
      Promise.reject(new DamagedRecord('/data/ledger', Uint8Array.of(1), 'the checksum is wrong'))
    Object.assign(ledger.service, { readState: refuse })
    const answer = await get('/v1/state/network')
    const text = await answer.text()
    assert.is(answer.status, 503)
    assert.is(answer.headers.get('retry-after'), '2')
    assert.is(JSON.parse(text).code, 'STORAGE_DAMAGED')
    assert.not.match(text, /checksum|\/data/)
    assert.equal(bugs, [])
  })
)

test(
  'an address in use is named',
  withHttp(async ({ port, ledger }) => {
    const reportBug = (): void => undefined
    const ports = { ledger: ledger.service, genesis: {}, mqttPort: () => null, reportBug }
    const second = createHttpApi({ host: '127.0.0.1', port }, ports)
    const error = await second.start().then(
      () => undefined,
      (reason: NodeError) => reason
    )
    assert.is(error?.code, 'ADDRESS_IN_USE')
    assert.match(error?.message ?? '', new RegExp(`127\\.0\\.0\\.1:${port}`))
    await second.stop()
  })
)

test.run()
