import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ProgramRun, runProgram } from '../../node/cli/testing/run-program.ts'
import { genesisPath, makerFolder } from '../home.ts'
import { type LiveNet, openLiveNet } from './live-net.ts'

const test = suite('who an owner is, to one verifier')
const DAMAGED = 65
const TYPE = 'urn:example:licensed-operator'

let net: LiveNet
let at: readonly string[] = []
const devices: string[] = []

async function run(args: readonly string[]): Promise<ProgramRun> {
  return runProgram([...args, '--json'])
}

/** A command that must go well, and its answer. */
async function answerOf(args: readonly string[]) {
  const ran = await run(args)
  assert.is(ran.code, 0, `${args.slice(0, 2).join(' ')}: ${ran.stderr}`)
  return JSON.parse(ran.stdout)
}

const file = (name: string): string => join(net.home, name)

test.before(async () => {
  net = await openLiveNet(1, 0)
  at = ['--node', net.nodes[0]?.url ?? '', '--genesis', genesisPath(net.home)]
  const words = ['--words-file', file('words'), '--recovery-file', file('recovery')]
  await answerOf(['wallet', 'new', '--wallet', file('wallet'), '--plain', ...words])
  for (const name of ['one', 'two']) {
    const place = ['--device', file(name), '--box', file(`${name}.box`)]
    const born = ['device', 'new', ...place, '--maker', makerFolder(net.home), ...at]
    devices.push((await answerOf(born)).deviceId)
    await answerOf(['device', 'claim', ...place, '--wallet', file('wallet'), ...at])
  }
})
test.after(() => net?.close())

test('a device is described by its DID and as a Thing, made of proved records', async () => {
  const [device = ''] = devices
  const say = ['--reading', 'temperature=21.5', '--unit', 'Cel', '--out', file('message')]
  await answerOf(['device', 'sign', '--device', file('one'), ...say, ...at])
  const { didDocument } = await answerOf(['device', 'did', device, ...at])
  const answer = await fetch(`${at[1]}/v1/devices/${device}/did`)
  const served = JSON.parse(await answer.text())
  assert.equal({ ...served, service: [] }, { ...didDocument, service: [] })
  const thing = await answerOf(['device', 'td', device, ...at])
  assert.is(thing.id, didDocument.id)
  assert.is(thing.base, at[1])
})

test('one verifier is shown that one wallet owns two devices, and no other one is', async () => {
  const { challenge } = await answerOf(['owner', 'challenge', '--for', 'insurer.example'])
  const named = devices.flatMap((id) => ['--device', id])
  const asked = ['--for', 'insurer.example', '--challenge', challenge]
  const proof = file('proof')
  const prove = ['wallet', 'prove', '--wallet', file('wallet'), ...named, ...asked]
  await answerOf([...prove, '--out', proof, ...at])
  const checked = await answerOf(['owner', 'check', proof, ...named, ...asked, ...at])
  assert.equal(checked.devices, [...devices].sort())
  const thief = ['--for', 'thief.example', '--challenge', challenge]
  const refused = await run(['owner', 'check', proof, ...thief, ...at])
  assert.is(refused.code, DAMAGED)
  assert.match(refused.stderr, /OWNER_PROOF_OF_OTHER_CHALLENGE/)
})

test('a credential is issued, shown in part to one verifier, and revoked by what the ledger knows', async () => {
  const maker = ['--maker', makerFolder(net.home)]
  const wallet = ['--wallet', file('wallet')]
  await answerOf(['credential', 'ask', ...wallet, '--out', file('holder')])
  const claims = ['--claim', 'licence=crane', '--claim', 'name=Ada Example']
  const what = ['--holder', file('holder'), '--type', TYPE, '--index', '7', ...claims]
  const issue = ['credential', 'issue', ...maker, ...what, '--out', file('credential')]
  const { issuer } = await answerOf([...issue, '--genesis', genesisPath(net.home)])
  const shown = async (round: string) => {
    const sheets = ['--sheet', file(`sheet-${round}`), '--list', file(`list-${round}`)]
    await answerOf(['credential', 'publish', ...maker, ...sheets, ...at])
    const asked = ['--for', 'harbour.example', '--nonce', `n-${round}`]
    const out = file(`shown-${round}`)
    const held = ['--credential', file('credential'), '--show', 'licence', ...sheets]
    await answerOf(['credential', 'present', ...wallet, ...held, ...asked, '--out', out])
    return ['credential', 'check', out, ...asked, '--type', TYPE, '--issuer', issuer, ...at]
  }
  const first = await shown('1')
  const { claims: seen } = await answerOf(first)
  assert.equal([seen.licence, seen.name], ['crane', undefined])
  await answerOf(['credential', 'revoke', ...maker, '--index', '7'])
  const refused = await run(await shown('2'))
  assert.is(refused.code, DAMAGED)
  assert.match(refused.stderr, /CREDENTIAL_REVOKED/)
  assert.match((await run(first)).stderr, /ISSUER_SHEET_OTHER/, 'what was shown before is old now')
  // Its keys have turned twice meanwhile, and it makes devices as before.
  await answerOf(['device', 'new', '--device', file('three'), ...maker, ...at])
})

test.run()
