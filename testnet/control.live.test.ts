import { existsSync, linkSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NodeError } from '../node/errors.ts'
import { type ControlHandlers, type ControlServer, openControl, sendControl } from './control.ts'
import { controlSocketPath } from './home.ts'

const test = suite('control')
const servers: ControlServer[] = []
const bugs: unknown[] = []
let home = ''

test.before.each(() => {
  home = mkdtempSync(join(tmpdir(), 'thingmoot-control-'))
})
test.after.each(async () => {
  for (const server of servers.splice(0)) await server.close()
  bugs.splice(0)
  rmSync(home, { recursive: true })
})

test('a request reaches its handler and its result comes back', async () => {
  await openWith({ kill: async ({ names }) => ({ killed: names }) })
  assert.equal(await sendControl(home, { command: 'kill', names: ['tokyo', 'São Paulo'] }), {
    killed: ['tokyo', 'São Paulo']
  })
  assert.equal(await sendControl(home, { command: 'status' }), {})
  assert.is(statSync(controlSocketPath(home)).mode & 0o777, 0o600)
})

test('many requests at once are each answered', async () => {
  await openWith({ heal: async (request) => ({ names: request.names }) })
  const names = Array.from({ length: 12 }, (_, index) => `node-${index}`)
  const results = await Promise.all(
    names.map((name) => sendControl(home, { command: 'heal', names: [name] }))
  )
  assert.equal(
    results,
    names.map((name) => ({ names: [name] }))
  )
})

test('without a running testnet the error says how to start one', async () => {
  assert.is(await codeOf(sendControl(home, { command: 'status' })), 'TESTNET_NOT_RUNNING')
})

test('a handler that refuses is heard with its code, and a bug is kept apart', async () => {
  await openWith({
    kill: () => Promise.reject(new NodeError('USAGE_WRONG', 'no node is called Oslo')),
    pause: () => Promise.reject(new TypeError('ours'))
  })
  assert.is(await codeOf(sendControl(home, { command: 'kill', names: ['oslo'] })), 'USAGE_WRONG')
  assert.is(bugs.length, 0)
  assert.is(await codeOf(sendControl(home, { command: 'pause', names: ['x'] })), 'REQUEST_FAILED')
  assert.instance(bugs[0], TypeError)
})

test('a second testnet in the same home is refused, and the first goes on', async () => {
  await openWith({})
  assert.is(await codeOf(openWith({})), 'TESTNET_RUNNING')
  assert.equal(await sendControl(home, { command: 'status' }), {})
})

test('a socket left by a killed testnet is no obstacle', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(controlSocketPath(home), resolve))
  // Closing removes the file, which a killed process could not do: keep a second name of it.
  linkSync(controlSocketPath(home), `${controlSocketPath(home)}.kept`)
  await new Promise((resolve) => other.close(resolve))
  renameSync(`${controlSocketPath(home)}.kept`, controlSocketPath(home))
  assert.is(await codeOf(sendControl(home, { command: 'status' })), 'TESTNET_NOT_RUNNING')
  await openWith({})
  assert.equal(await sendControl(home, { command: 'status' }), {})
})

test('closing lets a request under way be answered, then takes the socket away', async () => {
  let finish: (() => void) | undefined
  const server = await openWith({
    down: async () => {
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      return { stopped: 5 }
    }
  })
  const idle = connect(controlSocketPath(home))
  idle.on('error', () => {})
  const reply = sendControl(home, { command: 'down' })
  while (finish === undefined) await new Promise((resolve) => setTimeout(resolve, 2))
  const closed = server.close()
  finish()
  assert.equal(await reply, { stopped: 5 })
  await closed
  assert.not(existsSync(controlSocketPath(home)))
  servers.splice(0)
})

test('nonsense is answered with a code, an endless line too, and harms nobody', async () => {
  await openWith({})
  const wrong = [
    'hello\n',
    '{}\n',
    '{"command":"explode"}\n',
    '{"command":"kill","names":[]}\n',
    '{"command":"kill","names":"tokyo"}\n',
    '{"command":"status","extra":1}\n',
    'x'.repeat(200_000)
  ]
  for (const text of wrong) assert.match(await raw(text), 'USAGE_WRONG')
  assert.equal(await sendControl(home, { command: 'status' }), {})
})

test('a home too deep for a socket is named', async () => {
  const deep = join(home, 'a'.repeat(120))
  assert.is(await codeOf(sendControl(deep, { command: 'status' })), 'USAGE_WRONG')
})

test.run()

async function openWith(changes: Partial<ControlHandlers>): Promise<ControlServer> {
  const nothing = async (): Promise<Record<string, unknown>> => ({})
  const server = await openControl(home, {
    handlers: {
      status: nothing,
      down: nothing,
      kill: nothing,
      pause: nothing,
      heal: nothing,
      join: nothing,
      ...changes
    },
    onBug: (error) => bugs.push(error)
  })
  servers.push(server)
  return server
}

async function codeOf(asked: Promise<unknown>): Promise<string> {
  try {
    await asked
  } catch (error) {
    assert.instance(error, NodeError)
    return (error as NodeError).code
  }
  throw new Error('it was granted')
}

async function raw(text: string): Promise<string> {
  const socket = connect(controlSocketPath(home))
  socket.on('error', () => {})
  socket.write(text)
  let reply = ''
  for await (const bytes of socket) reply += String(bytes)
  return reply
}
