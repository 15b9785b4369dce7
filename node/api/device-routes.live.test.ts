import { request } from 'node:http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readDid } from '../../protocol/index.ts'
import { withHttp } from './testing/http-world.ts'
import { thingShape } from './testing/thing-shape.ts'

const test = suite('device routes')
const CBOR = 'application/cbor'

// biome-ignore lint/suspicious/noExplicitAny: a test reads JSON as it comes
type Json = any
const jsonOf = async (response: Response): Promise<Json> => response.json()

test(
  'a DID document is what its media type says, and names this node as it was reached',
  withHttp(async ({ get, device, port }) => {
    const answer = await get(`/v1/devices/${device.hexId}/did`)
    assert.is(answer.headers.get('content-type'), 'application/did+json')
    assert.ok(answer.headers.get('etag'))
    const document = await jsonOf(answer)
    assert.ok(readDid(document.id).ok, document.id)
    assert.is(document.service[0].serviceEndpoint, `http://127.0.0.1:${port}`)
    assert.is('network' in document, false, 'no envelope')
    const resolved = await jsonOf(await get(`/v1/devices/${device.hexId}/did?resolution=1`))
    assert.equal(resolved.didDocument, document)
    assert.equal(resolved.didDocumentMetadata, { versionId: '1-0', deactivated: false })
  })
)

test(
  'a Thing Description is a strict one, and each property is had where it says',
  withHttp(async ({ get, post, device, ledger }) => {
    await post('', CBOR, device.message(1, 20.5))
    ledger.finalise()
    await post('', CBOR, device.message(2, 21.5))
    ledger.finalise()
    const answer = await get(`/v1/devices/${device.hexId}/td`)
    assert.is(answer.headers.get('content-type'), 'application/td+json')
    const thing = await jsonOf(answer)
    const judged = thingShape.safeParse(thing)
    assert.ok(judged.success, judged.error?.message)
    assert.equal(Object.keys(thing.properties), ['standing', 'readings', 'state', 'temperature'])
    const { temperature, state } = thing.properties
    assert.equal([temperature.type, temperature.unit], ['number', 'Cel'])
    assert.match(
      state.forms[0].href,
      new RegExp(`^mqtt://127.0.0.1:18830/tm/memory/d/${device.hexId}/state$`)
    )
    for (const name of ['standing', 'readings', 'temperature']) {
      const read = await get(thing.properties[name].forms[0].href)
      assert.is(read.status, 200, name)
      if (name === 'temperature') assert.is(await jsonOf(read), 21.5)
    }
    assert.is(thing.actions, undefined, 'nobody may command it')
  })
)

test(
  'what is not there is told of as everywhere',
  withHttp(async ({ get, device }) => {
    for (const [path, code] of [
      [`/v1/devices/${'0'.repeat(64)}/did`, 'DEVICE_NOT_FOUND'],
      [`/v1/devices/${'0'.repeat(64)}/td`, 'DEVICE_NOT_FOUND'],
      [`/v1/devices/${'0'.repeat(64)}/properties/temperature`, 'DEVICE_NOT_FOUND'],
      [`/v1/devices/${device.hexId}/properties/temperature`, 'PROPERTY_NOT_FOUND'],
      [`/v1/devices/${device.hexId}/properties/${'a'.repeat(129)}`, 'PARAMETER_WRONG'],
      [`/v1/devices/${device.hexId}/did?resolution=2`, 'QUERY_WRONG'],
      [`/v1/devices/xyz/td`, 'PARAMETER_WRONG']
    ] as const)
      assert.is((await jsonOf(await get(path))).code, code, path)
  })
)

test(
  'a host that is no host name is not said again',
  withHttp(async ({ port, device }) => {
    const answer = await new Promise<string>((resolve, reject) => {
      const path = `/v1/devices/${device.hexId}/did`
      const headers = { host: '"><b>' }
      request({ host: '127.0.0.1', port, path, headers }, (response) => {
        response.setEncoding('utf8').on('data', resolve)
      })
        .on('error', reject)
        .end()
    })
    assert.equal(JSON.parse(answer).service, [])
  })
)

test('the shape refuses what the specification does', () => {
  const least = {
    '@context': 'https://www.w3.org/2022/wot/td/v1.1',
    id: 'urn:a',
    title: 'A',
    security: 'open',
    securityDefinitions: { open: { scheme: 'nosec' } }
  }
  const isThing = (change: object): boolean => thingShape.safeParse({ ...least, ...change }).success
  assert.ok(isThing({}))
  const form = { href: '/a', op: 'readproperty' }
  assert.ok(isThing({ properties: { a: { type: 'number', forms: [form] } } }))
  for (const change of [
    { title: undefined },
    { '@context': 'https://www.w3.org/2019/wot/td/v1' },
    { security: 'other' },
    { securityDefinitions: { open: { scheme: 'none' } } },
    { securityDefinitions: { open: { scheme: 'tm:SignedObject' } } },
    { properties: { a: { type: 'number', forms: [] } } },
    { properties: { a: { type: 'float', forms: [form] } } },
    { properties: { a: { forms: [{ ...form, op: 'invokeaction' }] } } },
    { actions: { a: { forms: [{ op: 'invokeaction' }] } } },
    { surprise: 1 }
  ])
    assert.not(isThing(change), JSON.stringify(change))
})

test.run()
