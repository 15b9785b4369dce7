import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeSenmlCbor, decodeSenmlJson, senmlContent } from '../../protocol/index.ts'
import type { StoredReading } from '../ledger-service.ts'
import { senmlOfReading, senmlPack } from './senml-reading.ts'
import { withHttp } from './testing/http-world.ts'

const test = suite('readings as SenML')

const reading = (content: Uint8Array, change: Partial<StoredReading> = {}): StoredReading => ({
  transactionId: new Uint8Array(32),
  height: 5,
  timeMs: 1_800_000_000_500,
  incarnation: 1,
  sequence: 2,
  contentKind: 0,
  dataKeyEpoch: 0,
  content,
  wire: content,
  outcome: 'applied',
  code: null,
  marks: [],
  ...change
})

test('base fields are applied, and times count from when the ledger had the reading', () => {
  const content = senmlContent([
    { bn: 'meter:', bu: 'W', n: 'power', t: -30, v: 5 },
    { n: 'power', v: 6 },
    { n: 'total', u: 'Wh', bt: 1_799_999_000, v: 7 }
  ])
  assert.equal(senmlOfReading(reading(content)), [
    { n: 'meter:total', u: 'Wh', v: 7, t: 1_799_999_000 },
    { n: 'meter:power', u: 'W', v: 5, t: 1_799_999_970.5 },
    { n: 'meter:power', u: 'W', v: 6, t: 1_800_000_000.5 }
  ])
})

test('what is sealed, lies elsewhere, has no name or did not count is no SenML', () => {
  const open = senmlContent([{ n: 'a', v: 1 }])
  assert.is(senmlOfReading(reading(open, { dataKeyEpoch: 1 })), undefined)
  assert.is(senmlOfReading(reading(Uint8Array.of(1, 0x80))), undefined)
  assert.is(senmlOfReading(reading(senmlContent([{ v: 1 }]))), undefined)
  const pack = senmlPack(
    [reading(open, { outcome: 'void' }), reading(open, { dataKeyEpoch: 1 }), reading(open)],
    'application/senml+cbor'
  )
  assert.equal(decodeSenmlCbor(pack), [{ n: 'a', v: 1, t: 1_800_000_000.5 }])
})

test(
  'who asks for SenML over HTTP gets one pack in order of time, in JSON or CBOR',
  withHttp(async ({ get, device, ledger }) => {
    for (let sequence = 1; sequence <= 3; sequence++) {
      await ledger.service.submit(device.message(sequence, 20 + sequence), 'test')
      ledger.finalise()
    }
    const path = `/v1/devices/${device.hexId}/readings`
    const json = await get(path, { accept: 'application/senml+json' })
    assert.is(json.headers.get('content-type'), 'application/senml+json')
    const records = decodeSenmlJson(await json.text())
    assert.equal(
      records?.map(({ n, v }) => [n, v]),
      [
        ['temperature', 21],
        ['temperature', 22],
        ['temperature', 23]
      ]
    )
    assert.ok(records?.every(({ t = 0 }) => t >= 2 ** 28))
    const cbor = await get(path, { accept: 'text/html, application/senml+cbor;q=0.9, */*;q=0.1' })
    assert.is(cbor.headers.get('content-type'), 'application/senml+cbor')
    assert.equal(decodeSenmlCbor(new Uint8Array(await cbor.arrayBuffer())), records)
    const plain = await get(path, { accept: '*/*, application/senml+json' })
    assert.match(plain.headers.get('content-type') ?? '', /^application\/json/)
    const nobody = `/v1/devices/${'0'.repeat(64)}/readings`
    assert.is((await get(nobody, { accept: 'application/senml+json' })).status, 404)
  })
)

test.run()
