import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NodeError } from '../../node/errors.ts'
import { createLoadProgram, type LoadWish } from './load-program.ts'

const test = suite('load program')

const SEED = '07'.repeat(32)
const URL_ = 'http://127.0.0.1:8080'

async function read(...args: readonly string[]): Promise<LoadWish> {
  const wishes: LoadWish[] = []
  const program = createLoadProgram(async (heard) => void wishes.push(heard))
  await program.parseAsync(args, { from: 'user' })
  const [wish] = wishes
  assert.ok(wish)
  return wish
}

async function refusal(...args: readonly string[]): Promise<string> {
  try {
    await read(...args)
  } catch (error) {
    assert.ok(error instanceof NodeError && error.code === 'USAGE_WRONG')
    return error.message
  }
  return ''
}

test('several nodes and several makers may be named', async () => {
  const wish = await read('--url', `${URL_}/`, '--url', URL_, '--maker', 'a', '--maker', 'b')
  assert.equal(wish.urls, [URL_, URL_])
  assert.equal(wish.makerFolders, ['a', 'b'])
  assert.is(wish.rate, undefined)
  assert.not(wish.awaitsGo)
})

test('what cannot be meant is refused before anything is signed', async () => {
  assert.match(await refusal('--maker', 'a'), '--url')
  assert.match(await refusal('--url', 'ftp://x', '--maker', 'a'), 'ftp://x')
  assert.match(await refusal('--url', URL_), '1 to 64 makers')
  assert.match(await refusal('--url', URL_, '--maker', 'a', '--maker-seeds', SEED), 'makers')
  assert.match(await refusal('--url', URL_, '--maker-seeds', 'xyz'), '--maker-seeds')
  const many = ['--devices', '100000', '--messages', '100000']
  assert.match(await refusal('--url', URL_, '--maker', 'a', ...many), 'no more than')
  assert.match(await refusal('--url', URL_, '--maker', 'a', '--batch', '256'), '--batch')
})

test.run()
