import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeCbor, toHex } from '../protocol/index.ts'
import { ClientError } from './errors.ts'
import { createHttpClient } from './http-client.ts'

type Answer = (request: IncomingMessage, response: ServerResponse, body: Uint8Array) => void

const ID = new Uint8Array(32).fill(0xab)
const STATUS = {
  transactionId: toHex(ID),
  stage: 'final',
  outcome: 'void',
  code: 'ANCHOR_FALSE',
  height: 12,
  timeMs: 1_700_000_000_000
}

const test = suite('HTTP client')
const servers: Server[] = []

test.after.each(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function serve(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    const pieces: Uint8Array[] = []
    request.on('data', (piece: Uint8Array) => pieces.push(piece))
    request.on('end', () => answer(request, response, Buffer.concat(pieces)))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  const type = status < 400 ? 'application/json; charset=utf-8' : 'application/problem+json'
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(value))
}

function cbor(response: ServerResponse, bytes: Uint8Array): void {
  response.writeHead(200, { 'content-type': 'application/cbor' }).end(bytes)
}

test('a transaction is handed in as CBOR, and the status and receipt come back', async () => {
  const asked: string[] = []
  const url = await serve((request, response, body) => {
    const type = request.headers['content-type'] ?? ''
    asked.push(`${request.method} ${request.url} ${type} ${toHex(body)}`)
    json(response, { transaction: { ...STATUS, acceptedReceipt: '0102' } }, 202)
  })
  const client = createHttpClient({ baseUrls: [`${url}/`], waitMs: 500 })
  const taken = await client.submit(Uint8Array.of(1, 2, 3))
  assert.ok(taken.kind === 'taken')
  if (taken.kind !== 'taken') return
  assert.equal(taken.status, { ...STATUS, transactionId: ID })
  assert.equal(taken.acceptedReceipt, Uint8Array.of(1, 2))
  await client.submit(Uint8Array.of(9), 'final')
  assert.equal(asked, [
    'POST /v1/transactions application/cbor 010203',
    'POST /v1/transactions?wait=final&timeoutMs=500 application/cbor 09'
  ])
})

test('a problem about the transaction is an answer, with its code', async () => {
  const problem = { code: 'SIGNATURE_INVALID', detail: 'signature 1 does not fit', status: 422 }
  const url = await serve((_, response) => json(response, problem, 422))
  const client = createHttpClient({ baseUrls: [url] })
  assert.equal(await client.submit(Uint8Array.of(1)), {
    kind: 'refused',
    code: 'SIGNATURE_INVALID',
    detail: 'signature 1 does not fit'
  })
})

test('statuses, receipts, proofs, headers and the node are asked for by their paths', async () => {
  const asked: string[] = []
  const url = await serve((request, response) => {
    asked.push(`${request.url} ${request.headers.accept?.split(',')[0]}`)
    if (request.url?.startsWith('/v1/transactions')) json(response, { transaction: STATUS })
    else if (request.url === '/v1/status')
      json(response, { status: { networkId: 'home', height: 7, state: 'ready', epoch: 0 } })
    else if (request.url?.startsWith('/v1/headers'))
      cbor(response, encodeCbor([Uint8Array.of(1), Uint8Array.of(2)]))
    else cbor(response, Uint8Array.of(5, 6))
  })
  const client = createHttpClient({ baseUrls: [url] })
  assert.is((await client.transactionStatus(ID))?.code, 'ANCHOR_FALSE')
  assert.equal(await client.receipt(ID), Uint8Array.of(5, 6))
  assert.equal(await client.readProof(2, Uint8Array.of(0xff)), Uint8Array.of(5, 6))
  assert.equal(await client.status(), { networkId: 'home', height: 7, state: 'ready' })
  assert.equal((await client.headers(3, 5_000)).map(toHex), ['01', '02'])
  assert.equal(asked, [
    `/v1/transactions/${toHex(ID)} application/json`,
    `/v1/receipts/${toHex(ID)} application/cbor`,
    '/v1/state/2/ff?proof=1 application/cbor',
    '/v1/status application/json',
    '/v1/headers?from=3&limit=512 application/cbor'
  ])
})

test('what a node does not know is null', async () => {
  const problem = { code: 'TRANSACTION_UNKNOWN', detail: 'never seen', status: 404 }
  const url = await serve((_, response) => json(response, problem, 404))
  const client = createHttpClient({ baseUrls: [url] })
  assert.is(await client.transactionStatus(ID), null)
  assert.is(await client.receipt(ID), null)
  assert.is(await codeOf(client.readProof(1, ID)), 'NODE_REFUSED')
})

test('another node is asked when one is gone, busy, silent or endless, and then first', async () => {
  let calls = 0
  const good = await serve((_, response) => {
    calls++
    json(response, { transaction: STATUS })
  })
  let busyCalls = 0
  const busy = await serve((_, response) => {
    busyCalls++
    json(response, { code: 'POOL_FULL', detail: 'later', status: 503 }, 503)
  })
  const silent = await serve(() => undefined)
  const endless = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('x'.repeat(5_000))
  })
  const gone = 'http://127.0.0.1:1'
  const client = createHttpClient({
    baseUrls: [gone, busy, silent, endless, good],
    timeoutMs: 200,
    answerMaxBytes: 4_000
  })
  assert.is((await client.transactionStatus(ID))?.height, 12)
  assert.is((await client.transactionStatus(ID))?.height, 12)
  assert.is(calls, 2)
  assert.is(busyCalls, 1)
})

test('when no node answers, the error says so and holds the last trouble', async () => {
  const busy = await serve((_, response) =>
    json(response, { code: 'POOL_FULL', detail: 'later', status: 503 }, 503)
  )
  const client = createHttpClient({ baseUrls: ['http://127.0.0.1:1', busy], timeoutMs: 500 })
  try {
    await client.submit(Uint8Array.of(1))
    assert.unreachable()
  } catch (error) {
    assert.ok(error instanceof ClientError && error.code === 'NODES_UNREACHABLE')
    assert.match(String((error as ClientError).cause), 'POOL_FULL')
  }
})

test('answers that are not of the API are refused with a code', async () => {
  const answers: unknown[] = [
    null,
    [],
    'text',
    { transaction: { ...STATUS, stage: 'done' } },
    { transaction: { ...STATUS, outcome: 'toString' } },
    { transaction: { ...STATUS, height: -1 } },
    { transaction: { ...STATUS, code: 5 } },
    { transaction: { ...STATUS, transactionId: 'zz' } }
  ]
  for (const answer of answers) {
    const url = await serve((_, response) => json(response, answer))
    const client = createHttpClient({ baseUrls: [url] })
    assert.is(await codeOf(client.transactionStatus(ID)), 'NODE_ANSWER_MALFORMED')
    assert.is(await codeOf(client.receipt(ID)), 'NODE_ANSWER_MALFORMED')
    assert.is(await codeOf(client.status()), 'NODE_ANSWER_MALFORMED')
  }
  const html = await serve((_, response) => response.writeHead(200).end('<html>'))
  assert.is(await codeOf(createHttpClient({ baseUrls: [html] }).status()), 'NODE_ANSWER_MALFORMED')
  const plain = await serve((_, response) => response.writeHead(400).end('no'))
  const refused = await createHttpClient({ baseUrls: [plain] }).submit(Uint8Array.of(1))
  assert.equal(refused, {
    kind: 'refused',
    code: 'PROBLEM_UNKNOWN',
    detail: 'the node answered 400'
  })
})

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'NONE'
  } catch (error) {
    return error instanceof ClientError ? error.code : String(error)
  }
}

test.run()
