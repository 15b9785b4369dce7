import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { withHttp } from '../testing/http-world.ts'
import { readTlsFiles } from '../tls-files.ts'
import { RATES_DEFAULT } from './rate-limits.ts'
import { createToken, type TokenWish } from './token.ts'
import { TokenDesk } from './token-desk.ts'
import { readTokens, tokenFileOf, writeTokens } from './token-file.ts'

const test = suite('access to the API')

const NOW_MS = 1_800_000_000_000

const wish = (change: Partial<TokenWish>): TokenWish => ({
  name: '',
  role: 'read',
  devices: null,
  rateClass: 'normal',
  createdAtMs: 0,
  expiresAtMs: null,
  ...change
})

/** A desk over a file of these tokens, with a clock that a test moves. */
async function createDesk(...wishes: readonly TokenWish[]) {
  const folder = await mkdtemp(join(tmpdir(), 'thingmoot-tokens-'))
  const path = tokenFileOf(folder)
  const made = wishes.map((one) => createToken(one, randomBytes(32)))
  await writeTokens(
    path,
    made.map(({ record }) => record)
  )
  let nowMs = 0
  const troubles: unknown[] = []
  const desk = new TokenDesk(path, {
    clock: { nowMs: () => nowMs, timeMs: () => NOW_MS },
    reportTrouble: (error) => void troubles.push(error)
  })
  return {
    path,
    desk,
    texts: made.map(({ text }) => text),
    troubles,
    wait: (spanMs: number): void => {
      nowMs += spanMs
    },
    remove: () => rm(folder, { recursive: true })
  }
}

async function codeOf(answer: Response): Promise<string> {
  return answer.ok ? 'ok' : ((await answer.json()) as { code: string }).code
}

test('the file holds no token, is private, and a changed one counts within a second', async () => {
  const { path, desk, texts, troubles, wait, remove } = await createDesk(wish({}))
  const [text = ''] = texts
  assert.not.ok((await readFile(path, 'utf8')).includes(text.slice(4)))
  assert.is((await stat(path)).mode & 0o777, 0o600)
  assert.is(((await desk.judge(text)) as { role: string }).role, 'read')
  await writeTokens(path, [])
  wait(1_001)
  assert.is(((await desk.judge(text)) as { code: string }).code, 'TOKEN_WRONG')
  await writeFile(path, '{"version":1,"tokens":[{}]}')
  wait(1_001)
  assert.is(((await desk.judge(text)) as { code: string }).code, 'TOKEN_WRONG')
  wait(1_001)
  await desk.judge(text)
  assert.is(troubles.length, 1)
  assert.is((troubles[0] as { code: string } | undefined)?.code, 'TOKEN_FILE_WRONG')
  await remove()
  wait(1_001)
  assert.equal(await readTokens(path), [])
})

test('reads ask for a token where the settings say so, and each token does what it is for', async () => {
  const device = 'ab'.repeat(32)
  const made = await createDesk(
    wish({}),
    wish({ role: 'submit' }),
    wish({ role: 'owner', devices: [device] }),
    wish({ role: 'operator' }),
    wish({ expiresAtMs: NOW_MS })
  )
  const [read = '', submit = '', owner = '', operator = '', expired = ''] = made.texts
  const tokens = made.desk
  const judge = withHttp(
    async ({ get, base, device: own }) => {
      const ask = async (path: string, token?: string): Promise<string> =>
        codeOf(await get(path, token === undefined ? {} : { authorization: `Bearer ${token}` }))
      const missing = await get('/v1/status')
      assert.equal([missing.status, missing.headers.get('www-authenticate')], [401, 'Bearer'])
      assert.is(await codeOf(missing), 'TOKEN_MISSING')
      for (const path of ['/livez', '/readyz', '/v1/echo', '/docs', '/openapi.json'])
        assert.is(await ask(path), 'ok', path)
      assert.is(await ask('/v1/events'), 'TOKEN_MISSING')
      const forged = `${read.slice(0, -2)}${read.endsWith('AA') ? 'BB' : 'AA'}`
      for (const wrong of ['x', forged, 'tmt_', `${read}A`, '%00'])
        assert.is(await ask('/v1/status', wrong), 'TOKEN_WRONG', wrong)
      assert.is(await ask('/v1/status', expired), 'TOKEN_EXPIRED')
      assert.is(await ask('/v1/status', submit), 'TOKEN_ROLE_WRONG')
      for (const good of [read, owner, operator]) assert.is(await ask('/v1/status', good), 'ok')
      assert.is(await ask(`/v1/devices/${own.hexId}`, read), 'ok')
      assert.is(await ask(`/v1/devices/${own.hexId}`, owner), 'TOKEN_SCOPE_NARROW')
      assert.is(await ask(`/v1/devices/${device}`, owner), 'DEVICE_NOT_FOUND')
      assert.is(await ask('/v1/events', owner), 'TOKEN_SCOPE_NARROW')
      assert.is(await ask('/v1/state/devices/00', owner), 'TOKEN_SCOPE_NARROW')
      const send = async (token: string | null, sequence: number): Promise<string> =>
        codeOf(
          await fetch(`${base}/v1/transactions`, {
            method: 'POST',
            headers: {
              'content-type': 'application/cbor',
              ...(token === null ? {} : { authorization: `Bearer ${token}` })
            },
            body: new Uint8Array(own.message(sequence))
          })
        )
      assert.is(await send(null, 1), 'ok')
      assert.is(await send(submit, 2), 'ok')
      assert.is(await send(read, 3), 'TOKEN_ROLE_WRONG')
      assert.is(await send(expired, 3), 'TOKEN_EXPIRED')
    },
    { isTokenNeeded: true, tokens }
  )
  await judge()
  await made.remove()
})

test(
  'an address that asks too much waits, by kind, and a list counts for what it holds',
  withHttp(
    async ({ get, post, device }) => {
      const statuses = await Promise.all(Array.from({ length: 12 }, () => get('/v1/status')))
      assert.is(statuses.filter(({ status }) => status === 200).length >= 4, true)
      const refused = statuses.find(({ status }) => status === 429)
      assert.is(refused?.headers.get('retry-after'), '1')
      assert.is((await get('/livez')).status, 200)
      const transactions = Array.from({ length: 9 }, (_, index) =>
        Buffer.from(device.message(index + 1)).toString('hex')
      )
      const list = JSON.stringify({ transactions })
      assert.is((await post('', 'application/json', list)).status, 200)
      assert.is((await post('', 'application/json', list)).status, 429)
    },
    { rates: { ...RATES_DEFAULT, read: 2, submit: 2 } }
  )
)

test(
  'behind a proxy each caller has an account of his own, and cannot name himself',
  withHttp(
    async ({ get }) => {
      const from = (address: string): Promise<Response> =>
        get('/v1/status', { 'x-forwarded-for': address })
      for (let number = 0; number < 8; number++) await from('10.0.0.1')
      assert.is((await from('10.0.0.1')).status, 429)
      assert.is((await from('10.0.0.2')).status, 200)
      assert.is((await from('10.9.9.9, 10.0.0.1')).status, 429)
    },
    { behindProxy: true, rates: { ...RATES_DEFAULT, read: 1 } }
  )
)

test(
  'pages of listed origins are let in, all others are not',
  withHttp(
    async ({ get, base }) => {
      const own = await get('/v1/status', { origin: 'https://app.example' })
      assert.is(own.headers.get('access-control-allow-origin'), 'https://app.example')
      assert.match(own.headers.get('access-control-expose-headers') ?? '', /Thingmoot-Height/)
      const evil = await get('/v1/status', { origin: 'https://app.example.evil' })
      assert.is(evil.headers.get('access-control-allow-origin'), null)
      const preflight = await fetch(`${base}/v1/transactions`, {
        method: 'OPTIONS',
        headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' }
      })
      assert.is(preflight.status, 204)
      assert.is(preflight.headers.get('access-control-allow-methods'), 'OPTIONS, POST')
      assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /Authorization/)
      assert.is(preflight.headers.get('access-control-allow-credentials'), null)
    },
    { origins: ['https://app.example'] }
  )
)

test('the API speaks TLS with the files of the settings, and a wrong pair is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'thingmoot-tls-'))
  const [certificateFile, keyFile] = [join(folder, 'a.pem'), join(folder, 'a.key')]
  const made = ['-subj', '/CN=localhost', '-days', '2', '-keyout', keyFile, '-out', certificateFile]
  const kind = ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  execFileSync('openssl', [...kind, ...made], { stdio: 'ignore' })
  const tls = readTlsFiles({ certificateFile, keyFile })
  const ca = await readFile(certificateFile)
  await withHttp(
    async ({ port }) => {
      const status = await new Promise((resolve, reject) => {
        const options = { host: '127.0.0.1', servername: 'localhost', port, path: '/livez', ca }
        request(options, (answer) => {
          answer.resume()
          resolve(answer.statusCode)
        })
          .once('error', reject)
          .end()
      })
      assert.is(status, 200)
    },
    { tls }
  )()
  const named = /http\.tls\.keyFile: .*a\.pem is not the key of/
  assert.throws(() => readTlsFiles({ certificateFile, keyFile: certificateFile }), named)
  const gone = join(folder, 'gone')
  assert.throws(() => readTlsFiles({ certificateFile: gone, keyFile }), /certificateFile: .*gone/)
  await rm(folder, { recursive: true })
})

test.run()
