import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NodeError } from '../../node/errors.ts'
import { registryPath } from '../home.ts'
import { type Registry, readRegistry, writeRegistry } from './registry.ts'

const test = suite('registry')
const home = mkdtempSync(join(tmpdir(), 'thingmoot-registry-'))
const registry: Registry = {
  format: 1,
  regionSet: 'global',
  supervisorPid: 4711,
  nodes: [
    {
      name: 'São Paulo',
      slug: 'sao-paulo',
      index: 0,
      region: 'sao-paulo',
      role: 'member',
      dataFolder: join(home, 'nodes', 'sao-paulo'),
      ports: { peer: 20_001, http: 20_002, mqtt: 20_003, metrics: 20_004 },
      pid: null
    }
  ],
  relayPorts: [20_005]
}

test.after(() => rmSync(home, { recursive: true }))

test('there is none before the first run', () => {
  assert.is(readRegistry(join(home, 'nowhere')), undefined)
})

test('what is written is read, and no draft stays', () => {
  writeRegistry(home, registry)
  writeRegistry(home, { ...registry, supervisorPid: null })
  assert.equal(readRegistry(home), { ...registry, supervisorPid: null })
  assert.equal(readdirSync(home), ['testnet.json'])
})

test('a damaged file is named with the field that is wrong, and stays as it is', () => {
  const wrong = { ...registry, nodes: [{ ...registry.nodes[0], ports: { peer: 70_000 } }] }
  for (const [text, named] of [
    ['{"format":', 'not JSON'],
    [JSON.stringify(wrong), 'nodes.0.ports'],
    [JSON.stringify({ ...registry, nodez: [] }), 'nodez'],
    [JSON.stringify({ ...registry, supervisorPid: 0 }), 'supervisorPid']
  ] as const) {
    writeFileSync(registryPath(home), text)
    assert.throws(
      () => readRegistry(home),
      (error: NodeError) =>
        error.code === 'CONFIGURATION_WRONG' &&
        error.message.includes(registryPath(home)) &&
        error.message.includes(named)
    )
  }
})

test('a home that cannot be written is named', () => {
  writeFileSync(join(home, 'file'), '')
  assert.throws(
    () => writeRegistry(join(home, 'file'), registry),
    (error: NodeError) => error.code === 'DISK_WRITE_FAILED'
  )
})

test.run()
