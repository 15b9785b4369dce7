import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { DialPlan } from './dial-plan.ts'
import { NETWORK_LIMITS } from './limits.ts'

const test = suite('dial plan')
const keyOf = (digit: string): string => digit.repeat(64)
const [LOW, MIDDLE, HIGH] = ['1', '5', '9'].map(keyOf) as [string, string, string]
const LIMITS = { ...NETWORK_LIMITS, redialMinMs: 100, redialMaxMs: 1_000, higherKeyWaitMs: 500 }

function planOf(self: string): DialPlan {
  return new DialPlan({ self, limits: LIMITS, random: () => 0.5 })
}

function membersOf(...keys: string[]): { key: string; addresses: string[] }[] {
  return keys.map((key) => ({ key, addresses: ['/ip4/192.0.2.1/tcp/1'] }))
}

function dueNames(plan: DialPlan, nowMs: number, peers = 0): string[] {
  return plan.due(nowMs, peers).map(({ name }) => name)
}

test('a member calls those of higher key at once and waits for those of lower', () => {
  const plan = planOf(MIDDLE)
  plan.setMembers(membersOf(LOW, MIDDLE, HIGH), 0)
  assert.equal(dueNames(plan, 0), [HIGH])
  assert.equal(dueNames(plan, 499), [HIGH])
  assert.equal(dueNames(plan, 500), [HIGH, LOW])
  plan.connected(LOW, 100)
  assert.equal(dueNames(plan, 500), [HIGH])
})

test('pauses double up to their bound, and end only after a connection that lasted', () => {
  const plan = planOf(LOW)
  plan.setMembers(membersOf(LOW, HIGH), 0)
  const target = plan.target(HIGH)
  assert.ok(target)
  const pauses: number[] = []
  for (let attempt = 0; attempt < 6; attempt += 1) {
    plan.dialling(target, 0)
    plan.failed(target, 'refused', 0)
    pauses.push(target.dialAtMs)
  }
  assert.equal(pauses, [100, 200, 400, 800, 1_000, 1_000])
  plan.connected(HIGH, 0)
  plan.disconnected(HIGH, 500, 500)
  assert.is(target.dialAtMs, 1_500)
  plan.connected(HIGH, 2_000)
  plan.disconnected(HIGH, LIMITS.connectionSettledMs, 50_000)
  assert.is(target.dialAtMs, 50_000)
  assert.is(target.failures, 0)
})

test('an observer calls as many members as make sure that one is honest, then others', () => {
  const plan = planOf(LOW)
  const keys = ['2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e'].map(keyOf)
  plan.setMembers(membersOf(...keys), 0)
  const due = plan.due(0, 0)
  assert.is(due.length, 5)
  for (const target of due) plan.dialling(target, 0)
  assert.equal(dueNames(plan, 0), [])
  plan.failed(due[0]!, 'refused', 0)
  assert.is(dueNames(plan, 0).length, 1)
  assert.is.not(dueNames(plan, 0)[0], due[0]!.name)
})

test('bootstrap addresses are called only while peers are few, and never our own', () => {
  const plan = planOf(LOW)
  plan.addBootstrap('/dns4/one.example/tcp/1', undefined, 0)
  plan.addBootstrap('/dns4/self.example/tcp/1', LOW, 0)
  assert.equal(dueNames(plan, 0, 0), ['/dns4/one.example/tcp/1'])
  assert.equal(dueNames(plan, 0, LIMITS.peersWanted), [])
  plan.resolved(plan.due(0, 0)[0]!, HIGH, 0)
  assert.equal(dueNames(plan, 0, 0), [])
  plan.disconnected(HIGH, 20_000, 20_000)
  assert.equal(dueNames(plan, 20_000, 0), ['/dns4/one.example/tcp/1'])
})

test('a new electorate keeps what is known of those who stay', () => {
  const plan = planOf(LOW)
  plan.setMembers(membersOf(LOW, MIDDLE, HIGH), 0)
  plan.connected(HIGH, 5)
  plan.setMembers([...membersOf(LOW), { key: HIGH, addresses: ['/ip4/192.0.2.2/tcp/2'] }], 10)
  assert.equal(
    [...plan.targets()].map(({ name, state }) => [name, state]),
    [[HIGH, 'connected']]
  )
  assert.equal(plan.target(HIGH)?.addresses, ['/ip4/192.0.2.2/tcp/2'])
})

test.run()
