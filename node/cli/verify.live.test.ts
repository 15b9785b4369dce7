import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeRead, makeReceipt } from './testing/proofs.ts'
import { runProgram, type TestHome, withHome } from './testing/run-program.ts'

const test = suite('thingmoot verify')

const TRANSACTION_ID = new Uint8Array(32).fill(7)

async function verify(
  { folder, genesisPath }: TestHome,
  proof: Uint8Array
): ReturnType<typeof runProgram> {
  const path = join(folder, 'proof.cbor')
  await writeFile(path, proof)
  return runProgram(['verify', path, '--genesis', genesisPath, '--json'])
}

test(
  'says what a receipt proves, in words and as JSON',
  withHome(async (home) => {
    const proof = makeReceipt(home, TRANSACTION_ID, { outcome: 'applied', code: null })
    const { code, stdout } = await verify(home, proof)
    assert.is(code, 0)
    const fact = JSON.parse(stdout)
    assert.is(fact.proved, true)
    assert.is(fact.outcome, 'applied')
    assert.is(fact.height, 1)
    assert.is(fact.transactionId, Buffer.from(TRANSACTION_ID).toString('hex'))
    const path = join(home.folder, 'proof.hex')
    await writeFile(path, `${Buffer.from(proof).toString('hex')}\n`)
    const text = await runProgram(['verify', path, '--genesis', home.genesisPath])
    assert.match(text.stdout, /^✔ Transaction 0707070707070707… was applied in final block 1, 2023/)
  })
)

test(
  'shows the value that a read proves',
  withHome(async (home) => {
    const { code, stdout } = await verify(home, makeRead(home))
    assert.is(code, 0)
    const fact = JSON.parse(stdout)
    assert.is(fact.table, 'network')
    assert.is(fact.height, 0)
    assert.is(fact.record.parameters.delta0Ms, 500)
  })
)

test(
  'gives the fault of a proof that was tampered with, and exit code 65',
  withHome(async (home) => {
    const proof = makeReceipt(home, TRANSACTION_ID, { outcome: 'void', code: 'ANCHOR_FALSE' })
    const other = proof.slice()
    // the outcome: behind the array head, the format and the id of 32 bytes
    other[1 + 1 + 34] = 0
    const changed = await verify(home, other)
    assert.is(changed.code, 65)
    assert.is(JSON.parse(changed.stdout).fault, 'RECEIPT_PATH_WRONG')
    assert.match(changed.stderr, /proves nothing, RECEIPT_PATH_WRONG: the block does not hold/)
    const forged = proof.slice()
    forged[forged.length - 5]! ^= 1
    assert.is(JSON.parse((await verify(home, forged)).stdout).fault, 'FINALISATION_FORGED')
    const cut = await verify(home, proof.subarray(0, 100))
    assert.is(cut.code, 65)
    assert.is(JSON.parse(cut.stdout).fault, 'PROOF_MALFORMED')
  })
)

test.run()
