import '../shims.ts'
import { readFileSync } from 'node:fs'
import { type GossipSubComponents, gossipsub } from '@chainsafe/libp2p-gossipsub'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NodeError } from '../errors.ts'
import { GossipGuard, splitMessages } from './gossip-guard.ts'
import { gossipOptions } from './gossip-settings.ts'
import { NETWORK_LIMITS } from './limits.ts'
import { quietLogger } from './quiet-logger.ts'

const test = suite('gossip settings')
const COMPONENTS = { logger: quietLogger() } as unknown as GossipSubComponents

function optionsOf(nodes: number): ReturnType<typeof gossipOptions> {
  return gossipOptions({ networkId: 'test', nodes, limits: NETWORK_LIMITS, scoreOf: () => 0 })
}

test('gossipsub is 17.1 or later: what is older dies of one frame (CVE-2026-46679)', () => {
  const entry = import.meta.resolve('@chainsafe/libp2p-gossipsub')
  const manifest = new URL(`${entry.slice(0, entry.lastIndexOf('/dist/'))}/package.json`)
  const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, string>
  assert.is(name, '@libp2p/gossipsub')
  const [major = 0, minor = 0] = String(version).split('.').map(Number)
  assert.ok(major > 17 || (major === 17 && minor >= 1), `it is ${version}`)
})

test('gossipsub accepts the settings for every size of network', () => {
  for (const nodes of [1, 2, 4, 7, 16, 100]) gossipsub(optionsOf(nodes))(COMPONENTS)
})

test('gossipsub would refuse inconsistent ones', () => {
  const options = optionsOf(4)
  const scoreParams = { ...options.scoreParams, behaviourPenaltyWeight: 1 }
  assert.throws(() => gossipsub({ ...options, scoreParams })(COMPONENTS), /behaviour/i)
})

test('the mesh is no wider than the network', () => {
  const degrees = [1, 4, 7, 20].map((nodes) => {
    const { D, Dlo, Dhi, Dout } = optionsOf(nodes)
    return [D, Dlo, Dhi, Dout]
  })
  assert.equal(degrees, [
    [1, 1, 12, 1],
    [3, 3, 12, 1],
    [6, 6, 12, 2],
    [8, 6, 12, 2]
  ])
})

test('the guard knows the gossipsub it guards, and says so when it does not', () => {
  const ports = { now: () => 0, admit: () => undefined, onOffence: () => undefined }
  const gossip = gossipsub(optionsOf(4))(COMPONENTS)
  assert.ok(new GossipGuard(gossip, NETWORK_LIMITS, ports))
  const changed = Object.assign(gossipsub(optionsOf(4))(COMPONENTS), { decodeRpc: undefined })
  assert.throws(
    () => new GossipGuard(changed, NETWORK_LIMITS, ports),
    (error: unknown) => error instanceof NodeError && error.message.includes('decodeRpc')
  )
})

test('many messages go out in groups, none is lost, a large one goes alone', () => {
  const sizes = [10, 95, 100, 150, 1, 1, 99]
  const groups = splitMessages(
    sizes.map((size) => ({ data: new Uint8Array(size) })),
    100
  )
  assert.equal(
    groups.map((group) => group.map((message) => message.data?.length)),
    [[10], [95], [100], [150], [1, 1], [99]]
  )
  assert.equal(splitMessages([], 100), [])
})

test.run()
