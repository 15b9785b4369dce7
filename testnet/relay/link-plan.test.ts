import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { planRegions } from '../regions/region-set.ts'
import { planLinks, relayCount } from './link-plan.ts'

const test = suite('link plan')

test('each ordered pair of distant nodes has a relay of its own', () => {
  const { oneWayMs } = planRegions('global', 3)
  assert.is(relayCount(3, { oneWayMs }), 6)
  const plan = planLinks({ nodePorts: [1, 2, 3], relayPorts: [10, 11, 12, 13, 14, 15], oneWayMs })
  const dialled = [0, 1, 2].flatMap((from) =>
    [0, 1, 2].filter((to) => to !== from).map((to) => plan.dialPort(from, to))
  )
  assert.equal(dialled, [10, 11, 12, 13, 14, 15])
  assert.equal(
    plan.links.map(({ targetPort }) => targetPort),
    [2, 3, 1, 3, 1, 2]
  )
})

test('bytes from one node to another travel as long whoever dialled', () => {
  const oneWayMs = (from: number): number => (from === 0 ? 40 : 41)
  const { links } = planLinks({ nodePorts: [1, 2], relayPorts: [10, 11], oneWayMs })
  assert.equal(
    links.map(({ forwardDelayMs, backwardDelayMs }) => [forwardDelayMs, backwardDelayMs]),
    [
      [40, 41],
      [41, 40]
    ]
  )
})

test('nodes without distance dial each other directly, unless links shall be breakable', () => {
  const { oneWayMs } = planRegions('local', 4)
  assert.is(relayCount(4, { oneWayMs }), 0)
  const plan = planLinks({ nodePorts: [1, 2, 3, 4], relayPorts: [], oneWayMs })
  assert.is(plan.dialPort(0, 3), 4)
  assert.is(relayCount(4, { oneWayMs, relayEveryLink: true }), 12)
})

test('who comes later has relays of its own for all the others, and they have none for it', () => {
  const { oneWayMs } = planRegions('global', 3)
  const options = { oneWayMs, onlyFrom: 2 }
  assert.is(relayCount(3, options), 2)
  const plan = planLinks({ nodePorts: [1, 2, 3], relayPorts: [10, 11], ...options })
  assert.equal([plan.dialPort(2, 0), plan.dialPort(2, 1)], [10, 11])
  assert.equal(
    plan.links.map(({ from, to }) => [from, to]),
    [
      [2, 0],
      [2, 1]
    ]
  )
})

test('too few ports, or a node that dials itself, is our own bug', () => {
  const { oneWayMs } = planRegions('global', 2)
  assert.throws(() => planLinks({ nodePorts: [1, 2], relayPorts: [10], oneWayMs }))
  const plan = planLinks({ nodePorts: [1, 2], relayPorts: [10, 11], oneWayMs })
  assert.throws(() => plan.dialPort(1, 1))
})

test.run()
