import { readFileSync } from 'node:fs'
import { decode } from 'cborg'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openApiPath } from './openapi.ts'
import { printRoutes } from './route-list.ts'
import { ROUTES } from './routes.ts'
import { withHttp } from './testing/http-world.ts'

const test = suite('the description of the API')

// biome-ignore lint/suspicious/noExplicitAny: a test reads JSON as it comes
type Json = any

const PREFIX = '#/components/'

/** Every `$ref` of a document. */
function referencesOf(value: Json): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' ? [String(inner)] : referencesOf(inner)
  )
}

test(
  'the document has every route of the table and no other, each once, with its parameters',
  withHttp(async ({ get }) => {
    const answer = await get('/openapi.json')
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
    const document = (await answer.json()) as Json
    assert.is(document.openapi, '3.1.0')
    const described = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
    )
    const served = ROUTES.map(({ method, path }) => `${method} ${openApiPath(path)}`)
    assert.equal(described.toSorted(), served.toSorted())
    const ids = Object.values<Json>(document.paths).flatMap((methods) =>
      Object.values<Json>(methods).map(({ operationId }) => operationId)
    )
    assert.is(new Set(ids).size, ids.length)
    for (const [path, methods] of Object.entries<Json>(document.paths))
      for (const { parameters } of Object.values<Json>(methods)) {
        const inPath = parameters.filter((one: Json) => one.in === 'path')
        const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
        assert.equal(inPath.map((one: Json) => one.name).toSorted(), names.toSorted(), path)
      }
    for (const reference of referencesOf(document)) {
      const [kind = '', name = ''] = reference.slice(PREFIX.length).split('/')
      assert.ok(document.components[kind][name], reference)
    }
  })
)

test(
  'the page for people needs no script and nothing from elsewhere',
  withHttp(async ({ get }) => {
    const page = await get('/docs', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' })
    assert.is(page.headers.get('content-type'), 'text/html; charset=utf-8')
    assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'none';/)
    const text = await page.text()
    for (const { path } of ROUTES) assert.ok(text.includes(`<code>${openApiPath(path)}</code>`))
    assert.not.match(text, /<script|https?:\/\//)
  })
)

test('the README lists the routes as they are', () => {
  const readme = readFileSync(new URL('../../../node/README.md', import.meta.url), 'utf8')
  assert.ok(readme.includes(printRoutes(ROUTES)), 'print it anew with printRoutes(ROUTES)')
})

test(
  'answers are as the document has them, in JSON and, the same, in CBOR; other forms are refused',
  withHttp(async ({ get, post, device, ledger }) => {
    assert.is((await post('', 'application/cbor', device.message(1))).status, 202)
    ledger.finalise()
    const examples: readonly [string, string][] = [
      ['/v1/transactions/:id', device.transactionId(1)],
      ['/v1/receipts/:id', device.transactionId(1)],
      ['/v1/devices/:id', device.hexId],
      ['/v1/devices/:id/readings', device.hexId],
      ['/v1/blocks/:at', '1'],
      ['/v1/state/:table/:key?', 'devices/00'],
      ['/v1/headers', ''],
      ['/v1/members', ''],
      ['/v1/endpoints', ''],
      ['/v1/status', ''],
      ['/v1/echo', ''],
      ['/readyz', '']
    ]
    const withOwnBytes = [
      '/v1/receipts/:id',
      '/v1/blocks/:at',
      '/v1/state/:table/:key?',
      '/v1/headers'
    ]
    for (const [path, value] of examples) {
      const route = ROUTES.find((one) => one.method === 'GET' && one.path === path)
      const url = path.replace(/:.*?(?=\/readings|$)/, value)
      const answer = await get(url)
      assert.is(answer.status, 200, url)
      const body = (await answer.json()) as Json
      assert.is(route?.answers?.safeParse(body).success, true, url)
      assert.equal(
        [body.network, body.height],
        [answer.headers.get('thingmoot-network'), Number(answer.headers.get('thingmoot-height'))]
      )
      assert.is(body.finalAt, answer.headers.get('thingmoot-final-at'))
      const bytes = await get(url, { accept: 'application/cbor' })
      assert.is(bytes.headers.get('content-type'), 'application/cbor', url)
      const decoded = decode(new Uint8Array(await bytes.arrayBuffer()))
      if (!withOwnBytes.includes(path)) assert.equal(decoded, body, url)
      const other = await get(url, { accept: 'text/csv, application/xml;q=0.5' })
      assert.equal(
        [other.status, ((await other.json()) as Json).code],
        [406, 'MEDIA_TYPE_NOT_OFFERED'],
        url
      )
    }
  })
)

test(
  'an ETag is the state root, and each form has its own',
  withHttp(async ({ get, device, ledger }) => {
    const url = `/v1/devices/${device.hexId}`
    const json = (await get(url)).headers.get('etag') ?? ''
    const cbor = (await get(url, { accept: 'application/cbor' })).headers.get('etag') ?? ''
    assert.is.not(json, cbor)
    assert.match(json, /^W\/"[0-9a-f]{64}"$/)
    assert.is((await get(url, { 'if-none-match': `"x", ${json}` })).status, 304)
    const crossed = await get(url, { 'if-none-match': json, accept: 'application/cbor' })
    assert.is(crossed.status, 200)
    const root = new Uint8Array(32).fill(9)
    ledger.setStatus({ stateRoot: root })
    assert.is((await get(url, { 'if-none-match': json })).status, 200)
  })
)

test.run()
