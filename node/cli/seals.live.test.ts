import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeSealProofs, type SealProof } from '../../protocol/index.ts'
import { makeReceipt, makeSeals } from './testing/proofs.ts'
import { runProgram, type TestHome, withHome } from './testing/run-program.ts'

const test = suite('proofs of later epochs')

const EPOCHS = 3
const TRANSACTION_ID = new Uint8Array(32).fill(7)
const servers: Server[] = []

test.after.each(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** The address of a node that serves these seals. */
async function serveSeals(seals: readonly SealProof[]): Promise<string> {
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://node')
    const served = seals.slice(Number(searchParams.get('from')))
    response.writeHead(200, { 'content-type': 'application/cbor' }).end(encodeSealProofs(served))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function proofIn(home: TestHome): Promise<string> {
  const path = join(home.folder, 'proof.cbor')
  const outcome = { outcome: 'applied', code: null } as const
  await writeFile(path, makeReceipt(home, TRANSACTION_ID, outcome, EPOCHS))
  return path
}

function forged(seals: readonly SealProof[]): readonly SealProof[] {
  const [first] = seals
  return seals.map((seal, index) =>
    index === 1 && first !== undefined ? { ...seal, finalisation: first.finalisation } : seal
  )
}

test(
  'without the seals a proof of a later epoch is told what it needs',
  withHome(async (home) => {
    const path = await proofIn(home)
    const run = await runProgram(['verify', path, '--genesis', home.genesisPath, '--json'])
    assert.is(run.code, 65)
    assert.is(JSON.parse(run.stdout).fault, 'EPOCH_AHEAD')
    assert.match(run.stderr, /EPOCH_AHEAD: .*thingmoot seals <file> --node <url>.*--seals <file>/)
  })
)

test(
  'seals are fetched into a file, and with it the proof is checked offline',
  withHome(async (home) => {
    const path = await proofIn(home)
    const url = await serveSeals(makeSeals(home, EPOCHS))
    const file = join(home.folder, 'seals.cbor')
    const at = ['--genesis', home.genesisPath, '--json']
    const fetched = await runProgram(['seals', file, '--node', url, ...at])
    assert.is(fetched.code, 0, fetched.stderr)
    const { seals, epoch } = JSON.parse(fetched.stdout)
    assert.equal([seals, epoch], [EPOCHS, EPOCHS])
    assert.equal(new Uint8Array(await readFile(file)), encodeSealProofs(makeSeals(home, EPOCHS)))
    const verified = await runProgram(['verify', path, '--seals', file, ...at])
    assert.is(verified.code, 0, verified.stderr)
    assert.is(JSON.parse(verified.stdout).proved, true)
  })
)

test(
  'a node leads to the epoch of a proof, unless its seals are forged',
  withHome(async (home) => {
    const path = await proofIn(home)
    const seals = makeSeals(home, EPOCHS)
    const [honest, lying] = await Promise.all([serveSeals(seals), serveSeals(forged(seals))])
    const verify = ['verify', path, '--genesis', home.genesisPath]
    const led = await runProgram([...verify, '--node', honest])
    assert.is(led.code, 0, led.stderr)
    const misled = await runProgram([...verify, '--node', lying])
    assert.is(misled.code, 65)
    assert.match(misled.stderr, /SEALS_FORGED: .*FINALISATION_OF_OTHER_BLOCK after epoch 1/)
    const file = join(home.folder, 'never.cbor')
    const kept = await runProgram(['seals', file, '--node', lying, '--genesis', home.genesisPath])
    assert.is(kept.code, 65)
    assert.not(await readFile(file).catch(() => false))
  })
)

test(
  'a file with forged seals, or with none, leads nowhere',
  withHome(async (home) => {
    const path = await proofIn(home)
    const file = join(home.folder, 'seals.cbor')
    const verify = ['verify', path, '--genesis', home.genesisPath, '--seals', file]
    await writeFile(file, encodeSealProofs(forged(makeSeals(home, EPOCHS))))
    const misled = await runProgram(verify)
    assert.is(misled.code, 65)
    assert.match(misled.stderr, /seals\.cbor: SEALS_FORGED: .*from epoch 1/)
    await writeFile(file, Uint8Array.of(1))
    assert.match((await runProgram(verify)).stderr, /SEALS_MALFORMED/)
  })
)

test.run()
