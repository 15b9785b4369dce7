import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeSealProofs, encodeSealProof, toHex } from '../../protocol/index.ts'
import { create } from '../storage/testing/entries.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import { GovernedLedger } from '../testing/governed-ledger.ts'
import { type HttpWorld, withHttp } from './testing/http-world.ts'

const test = suite('seals over HTTP')

const TURNS = 3

/** An API whose ledger has sealed some epochs. */
function withSeals(
  run: (world: HttpWorld, sealed: GovernedLedger) => Promise<void>
): () => Promise<void> {
  return withFolder(async (folder) => {
    const database = await create(join(folder, 'ledger'))
    const sealed = await GovernedLedger.open(database)
    for (let turn = 0; turn < TURNS; turn++) await sealed.turnEpoch()
    await withHttp(async (world) => {
      world.ledger.setStatus({ epoch: TURNS })
      Object.assign(world.ledger.service, { seals: async (from: number) => sealed.seals(from) })
      await run(world, sealed)
    })()
    await database.close()
  })
}

test(
  'they come in order as CBOR, and in JSON with their proofs',
  withSeals(async ({ get }, sealed) => {
    const accept = 'application/cbor'
    const binary = await get('/v1/seals', { accept })
    assert.is(binary.headers.get('content-type'), accept)
    const read = decodeSealProofs(new Uint8Array(await binary.arrayBuffer()))
    assert.equal(read, sealed.seals(0))
    const answer = (await (await get('/v1/seals?from=1')).json()) as {
      readonly from: number
      readonly seals: readonly { epoch: number; proof: string; block: { height: number } }[]
    }
    assert.is(answer.from, 1)
    assert.equal(
      answer.seals.map(({ epoch, block, proof }) => [epoch, block.height, proof]),
      sealed.seals(1).map((seal, index) => [index + 1, 2 * index + 4, toHex(encodeSealProof(seal))])
    )
  })
)

test(
  'where the epoch goes on there is none, and where an old seal is not held that is said',
  withSeals(async ({ get, ledger }) => {
    const none = await get(`/v1/seals?from=${TURNS}`)
    assert.is(none.status, 200)
    assert.equal(((await none.json()) as { readonly seals: unknown }).seals, [])
    Object.assign(ledger.service, { seals: async () => [] })
    const lacking = await get('/v1/seals?from=0')
    assert.is(lacking.status, 503)
    assert.is(((await lacking.json()) as { readonly code: unknown }).code, 'SEALS_NOT_HELD')
    for (const query of ['from=-1', 'from=x', 'from=1&limit=2'])
      assert.is((await get(`/v1/seals?${query}`)).status, 400)
  })
)

test.run()
