import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NEAREST_NODES_MAX, NearestNodes } from './nearest-nodes.ts'

const test = suite('the nearest node')

const [NEAR, MIDDLE, FAR] = ['http://near', 'http://middle', 'http://far'] as const

function createNodes(): { readonly nodes: NearestNodes; readonly pass: (ms: number) => void } {
  let nowMs = 0
  const nodes = new NearestNodes([FAR, MIDDLE, `${NEAR}/`], { nowMs: () => nowMs })
  return {
    nodes,
    pass: (ms) => {
      nowMs += ms
    }
  }
}

test('before anything was measured the list decides, afterwards the distance', () => {
  const { nodes } = createNodes()
  assert.equal(nodes.inTurn(), [FAR, MIDDLE, NEAR])
  nodes.measured(FAR, 200)
  nodes.measured(MIDDLE, 80)
  nodes.measured(NEAR, 5)
  assert.equal(nodes.inTurn(), [NEAR, MIDDLE, FAR])
  assert.is(nodes.roundTripMs(NEAR), 5)
})

test('from another place nothing of what was measured counts, nor who was silent', () => {
  const { nodes } = createNodes()
  for (let time = 0; time < 5; time++) nodes.measured(NEAR, 5)
  nodes.failed(FAR)
  nodes.forget()
  assert.is(nodes.roundTripMs(NEAR), null)
  nodes.measured(NEAR, 90)
  nodes.measured(FAR, 7)
  assert.is(nodes.present, FAR)
})

test('a little nearer is no reason to move, and neither is one good moment', () => {
  const { nodes } = createNodes()
  nodes.measured(MIDDLE, 80)
  assert.is(nodes.present, MIDDLE)
  nodes.measured(FAR, 61)
  assert.is(nodes.present, MIDDLE, 'a fifth nearer')
  for (let time = 0; time < 4; time++) nodes.measured(FAR, 61)
  nodes.measured(FAR, 1)
  assert.is(nodes.present, MIDDLE, 'the middle of five counts')
  nodes.measured(NEAR, 50)
  assert.is(nodes.present, NEAR)
  const site = new NearestNodes([NEAR, FAR], { nowMs: () => 0 })
  site.measured(FAR, 4)
  site.measured(NEAR, 1)
  assert.is(site.present, NEAR)
  site.measured(NEAR, 6)
  site.measured(NEAR, 6)
  assert.is(site.present, NEAR, 'on one site all are near')
})

test('a silent node is left at once, asked last, and returned to when it speaks again', () => {
  const { nodes, pass } = createNodes()
  for (const [url, ms] of [
    [NEAR, 5],
    [MIDDLE, 80],
    [FAR, 200]
  ] as const)
    nodes.measured(url, ms)
  assert.is(nodes.present, NEAR)
  nodes.failed(NEAR)
  assert.equal(nodes.inTurn(), [MIDDLE, FAR, NEAR])
  pass(999)
  assert.is(nodes.present, MIDDLE)
  nodes.measured(NEAR, 5)
  assert.is(nodes.present, NEAR, 'it was heard')
})

test('who is silent again and again is avoided for longer, and for a minute at most', () => {
  const { nodes, pass } = createNodes()
  nodes.measured(NEAR, 5)
  nodes.measured(MIDDLE, 80)
  for (let time = 0; time < 40; time++) nodes.failed(NEAR)
  pass(59_999)
  assert.is(nodes.present, MIDDLE)
  pass(1)
  assert.is(nodes.present, NEAR)
})

test('so many nodes are known and no more, and every one of them stands in the order once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: 200 }), fc.constantFrom('measured', 'failed', 'answered')), {
        maxLength: 400
      }),
      (events) => {
        const nodes = new NearestNodes([NEAR], { nowMs: () => 0 })
        const known = new Set<string>([NEAR])
        for (const [number, what] of events) {
          const url = `http://n${number}`
          nodes.learn(url)
          if (known.size < NEAREST_NODES_MAX) known.add(url)
          if (what === 'measured') nodes.measured(url, number)
          else nodes[what](url)
          const order = nodes.inTurn()
          assert.is(order.length, known.size)
          assert.equal(new Set(order), known)
        }
      }
    ),
    { numRuns: 30 }
  )
})

test.run()
