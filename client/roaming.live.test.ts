import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ClientError } from './errors.ts'
import { createRoamingClient, type Roaming } from './roaming.ts'

const test = suite('roaming')
const running: Server[] = []

/** A node as far as roaming sees it. */
interface Node {
  readonly url: string
  delayMs: number
  height: number
  readonly asked: { readonly path: string; readonly token: string | undefined }[]
  readonly stop: () => Promise<void>
}

test.after.each(async () => {
  for (const server of running.splice(0)) await close(server)
})

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

async function startNode(delayMs: number, urls: () => readonly string[]): Promise<Node> {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? ''
    const token = request.headers['thingmoot-height']?.toString()
    node.asked.push({ path, token })
    const isBehind = Number(token ?? 0) > node.height
    const status = isBehind ? 503 : 200
    const type = isBehind ? 'application/problem+json' : 'application/json'
    response.writeHead(status, { 'content-type': type, 'thingmoot-height': String(node.height) })
    if (isBehind) response.end(JSON.stringify({ code: 'HEIGHT_NOT_REACHED', detail: 'not yet' }))
    else if (path === '/v1/endpoints')
      response.end(JSON.stringify({ endpoints: [{ urls: urls() }] }))
    else if (path === '/v1/status') {
      const report = { networkId: 'here', height: node.height, state: 'ready' }
      response.end(JSON.stringify({ status: report }))
    } else response.end('{}')
  }
  const server = createServer((request, response) => {
    setTimeout(() => answer(request, response), node.delayMs)
  })
  running.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const node: Node = { url, delayMs, height: 7, asked: [], stop: () => close(server) }
  return node
}

async function startThree(): Promise<readonly [Node, Node, Node]> {
  const all: Node[] = []
  const urls = (): readonly string[] => [
    ...all.map(({ url }) => url),
    'file:///etc',
    'x',
    7 as never
  ]
  for (const delayMs of [150, 60, 1]) all.push(await startNode(delayMs, urls))
  return all as never
}

function roamFrom(...seeds: readonly Node[]): Roaming {
  const nowMs = (): number => performance.now()
  return createRoamingClient({ seeds: seeds.map(({ url }) => url), timeoutMs: 2_000 }, { nowMs })
}

test('from one node that is known all members are found, and the nearest is asked', async () => {
  const [far, , near] = await startThree()
  const { transport, nodes, refresh } = roamFrom(far)
  assert.is(nodes.present, far.url)
  await refresh()
  assert.is(nodes.inTurn().length, 3, 'what is no URL of a node is not learnt')
  assert.is(nodes.present, near.url)
  await transport.status()
  assert.is(near.asked.at(-1)?.path, '/v1/status')
})

test('where the nearest node falls silent the next one is asked, with the height that was seen', async () => {
  const [far, middle, near] = await startThree()
  const { transport, nodes, refresh } = roamFrom(far)
  await refresh()
  near.height = 9
  middle.height = 9
  await transport.status()
  await near.stop()
  await transport.status()
  assert.equal(middle.asked.at(-1), { path: '/v1/status', token: '9' })
  assert.is(nodes.present, middle.url)
})

test('whoever moves to another place is asked to look again, and then moves to another node', async () => {
  const [far, middle, near] = await startThree()
  const { nodes, refresh } = roamFrom(far, middle, near)
  await refresh()
  assert.is(nodes.present, near.url)
  near.delayMs = 150
  far.delayMs = 1
  for (let round = 0; round < 4; round++) await refresh()
  assert.is(nodes.present, far.url)
})

test('who says that the network under it has changed moves at once', async () => {
  const [far, middle, near] = await startThree()
  const { nodes, refresh, moved } = roamFrom(far, middle, near)
  for (let round = 0; round < 5; round++) await refresh()
  assert.is(nodes.present, near.url)
  near.delayMs = 150
  far.delayMs = 1
  await moved()
  assert.is(nodes.present, far.url)
})

test('a node that is behind is passed over, and what was read never goes back', async () => {
  const [far, middle, near] = await startThree()
  const { transport, refresh } = roamFrom(far, middle, near)
  await refresh()
  near.height = 20
  far.height = 20
  assert.is((await transport.status()).height, 20)
  await near.stop()
  assert.is((await transport.status()).height, 20, 'the middle one is at 7')
  await far.stop()
  try {
    await transport.status()
    assert.unreachable('one node that is behind is no reason to go back')
  } catch (error) {
    assert.is(error instanceof ClientError && error.code, 'NODES_UNREACHABLE')
  }
})

test('a liar about its height does not stop a session', async () => {
  const [far, middle, near] = await startThree()
  const { transport, refresh } = roamFrom(far, middle, near)
  await refresh()
  near.height = 1_000_000
  await transport.status()
  await near.stop()
  assert.is((await transport.status()).height, 7, 'two others do not reach it')
})

test.run()
