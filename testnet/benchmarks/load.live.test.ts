import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toHex } from '../../protocol/index.ts'
import { genesisPath, makerFolder } from '../home.ts'
import { type LiveNet, openLiveNet } from '../live/live-net.ts'
import { waitForFinal } from '../live/node-questions.ts'

const test = suite('load')

const LOAD = join(import.meta.dirname, 'load.js')
const DEVICES = 4
const MESSAGES = 10
const ID_BYTES = 32

let net: LiveNet

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function load(...args: readonly string[]): Promise<Ran> {
  const { PATH = '' } = process.env
  return await promisify(execFile)(process.execPath, [LOAD, ...args], { env: { PATH } }).then(
    (said) => ({ code: 0, ...said }),
    (ended: Ran) => ended
  )
}

test.before(async () => {
  net = await openLiveNet(4, 0)
})

test.after(() => net?.close())

const small = (): readonly string[] => [
  ...net.nodes.slice(0, 2).flatMap(({ url }) => ['--url', url]),
  ...['--devices', String(DEVICES), '--messages', String(MESSAGES), '--seconds', '60']
]

test('it brings devices of a maker to any network by its URLs, and what it says was taken is on the ledger', async () => {
  const taken = join(net.home, 'taken.ids')
  const maker = makerFolder(net.home)
  const ran = await load(...small(), '--maker', maker, '--taken', taken, '--json')
  assert.is(ran.code, 0, ran.stderr)
  const report = JSON.parse(ran.stdout)
  assert.is(report.taken, DEVICES * MESSAGES)
  assert.is(report.refused, 0)
  const bytes = readFileSync(taken)
  assert.is(bytes.length, ID_BYTES * DEVICES * MESSAGES)
  const [, , , last] = net.nodes
  for (let place = 0; place < bytes.length; place += ID_BYTES) {
    const id = toHex(bytes.subarray(place, place + ID_BYTES))
    const { outcome } = await waitForFinal(last!.url, id)
    assert.is(outcome, 'applied')
  }
})

test('again by the same maker, with its genesis at hand, it brings other devices', async () => {
  const maker = ['--maker', makerFolder(net.home), '--genesis', genesisPath(net.home)]
  const ran = await load(...small(), ...maker)
  assert.is(ran.code, 0, ran.stderr)
  assert.match(ran.stdout, `taken     ${DEVICES * MESSAGES} in`)
  assert.match(ran.stdout, 'ran dry')
})

test('a maker that the network does not know is told so, in one line', async () => {
  const ran = await load(...small(), '--maker-seeds', '11'.repeat(ID_BYTES))
  assert.is(ran.code, 69)
  assert.match(ran.stderr, /^thingmoot: .*registration was refused, /)
  assert.is(ran.stderr.trim().split('\n').length, 1)
})

test.run()
