import { createServer, type Server } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type PortReservation, reservePorts } from './ports.ts'

const test = suite('port reservation')
const random = (): number => Math.random()
const held: PortReservation[] = []

test.after.each(async () => {
  for (const reservation of held.splice(0)) await reservation.releaseAll()
})

test('two searches that begin at the same port find disjoint sets', async () => {
  const both = await Promise.all([
    reservePorts({ count: 20 }, { random: () => 0.5 }),
    reservePorts({ count: 20 }, { random: () => 0.5 })
  ])
  held.push(...both)
  assert.is(new Set(both.flatMap(({ ports }) => ports)).size, 40)
})

test('a port is held until it is released', async () => {
  const reservation = await reservePorts({ count: 2 }, { random })
  held.push(reservation)
  const [first, second] = reservation.ports
  assert.is(await listen(first!), undefined)
  await reservation.release(first!)
  const server = await listen(first!)
  assert.ok(server)
  await new Promise((resolve) => server!.close(resolve))
  assert.is(await listen(second!), undefined)
})

test('ports of an earlier run are taken again in their places, except a taken one', async () => {
  const earlier = await reservePorts({ count: 3 }, { random })
  held.push(earlier)
  await earlier.release(earlier.ports[0]!)
  await earlier.release(earlier.ports[2]!)
  const later = await reservePorts({ count: 4, preferred: earlier.ports }, { random })
  held.push(later)
  assert.is(later.ports[0], earlier.ports[0])
  assert.is.not(later.ports[1], earlier.ports[1])
  assert.is(later.ports[2], earlier.ports[2])
  assert.is(new Set(later.ports).size, 4)
})

test('a port named twice is given once, and one that is no port not at all', async () => {
  const first = await reservePorts({ count: 1 }, { random })
  await first.releaseAll()
  const port = first.ports[0]!
  const reservation = await reservePorts({ count: 3, preferred: [port, port, 99_999] }, { random })
  held.push(reservation)
  assert.is(new Set(reservation.ports).size, 3)
  assert.not(reservation.ports.includes(99_999))
})

test.run()

function listen(port: number): Promise<Server | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen({ host: '127.0.0.1', port }, () => resolve(server))
  })
}
