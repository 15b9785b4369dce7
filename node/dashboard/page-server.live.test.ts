import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import Fastify from 'fastify'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  describeWeights,
  PAGES_MAX_BYTES,
  sumOf,
  VERIFIER_MAX_BYTES,
  weighPages
} from './build/page-weights.ts'
import { readPageFiles } from './page-files.ts'
import { servePages } from './page-server.ts'

const test = suite('pages over HTTP')
const root = fileURLToPath(new URL('../../../', import.meta.url))
const files = readPageFiles(fileURLToPath(new URL('./public/', import.meta.url)))

async function serve(
  served: typeof files,
  run: (ask: (path: string, headers?: Record<string, string>) => Promise<Response>) => Promise<void>
): Promise<void> {
  const server = Fastify()
  servePages(server, served)
  const base = await server.listen({ host: '127.0.0.1', port: 0 })
  try {
    await run((path, headers = {}) => fetch(`${base}${path}`, { headers }))
  } finally {
    await server.close()
  }
}

test('the pages were built, and weigh no more than they may', () => {
  assert.ok(files.length >= 8, 'run `npm run build`, which makes them')
  const weights = weighPages(root)
  process.stdout.write(`${describeWeights(weights)}\n`)
  assert.ok(sumOf(weights.filter(({ isVerifier }) => !isVerifier)) <= PAGES_MAX_BYTES)
  assert.ok(sumOf(weights.filter(({ isVerifier }) => isVerifier)) <= VERIFIER_MAX_BYTES)
})

test('every file has its type, and a policy that lets nothing leave the origin', async () => {
  await serve(files, async (ask) => {
    for (const { path, mediaType, plain } of files) {
      const answer = await ask(path)
      assert.is(answer.status, 200)
      assert.is(answer.headers.get('content-type'), mediaType)
      assert.match(answer.headers.get('content-security-policy') ?? '', /^default-src 'self';/)
      assert.is(answer.headers.get('x-content-type-options'), 'nosniff')
      assert.equal(Buffer.from(await answer.arrayBuffer()), plain)
    }
    const html = await (await ask('/')).text()
    assert.not.match(html, /(?:src|href)="(?:https?:)?\/\//)
    assert.not.match(html, /<script(?![^>]* src=)|<style| style=| on[a-z]+=/)
  })
})

test('what is held already is not sent again, and names with a hash are kept for ever', async () => {
  await serve(files, async (ask) => {
    const first = await ask('/')
    const etag = first.headers.get('etag') ?? ''
    assert.is(first.headers.get('cache-control'), 'no-cache')
    assert.is((await ask('/', { 'if-none-match': `"other", W/${etag}` })).status, 304)
    assert.is((await ask('/', { 'if-none-match': '"other"' })).status, 200)
    const asset = files.find(({ isImmutable }) => isImmutable)
    assert.match((await ask(asset?.path ?? '')).headers.get('cache-control') ?? '', /immutable/)
  })
})

test('who does not take gzip gets the plain file, and nothing else lies behind the table', async () => {
  const [file] = files.filter(({ path }) => path.endsWith('.js'))
  assert.ok(file)
  assert.equal(gunzipSync(file.gzip), file.plain)
  await serve(files, async (ask) => {
    for (const [encoding, expected] of [
      ['gzip, br', 'gzip'],
      ['gzip;q=0', null],
      ['identity', null]
    ] as const) {
      const answer = await ask(file.path, { 'accept-encoding': encoding })
      assert.is(answer.headers.get('content-encoding'), expected)
    }
    for (const path of ['/assets/', '/assets/..%2f..%2fmain.js', '/index.html', '/%00'])
      assert.ok((await ask(path)).status >= 400, path)
  })
})

test('a node whose pages were not built says so', async () => {
  assert.equal(readPageFiles('/nowhere/at/all'), [])
  await serve([], async (ask) => {
    assert.match(await (await ask('/')).text(), /npm run build/)
  })
})

test.run()
