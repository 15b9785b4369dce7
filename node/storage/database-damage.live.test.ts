import { existsSync } from 'node:fs'
import { readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { collect, create, fill, keyOf, payloadOf, reopen, text } from './testing/entries.ts'
import { codedError, flipBit, lastFile, offsetOf, withFolder } from './testing/fixtures.ts'

const test = suite('database damage')

test(
  'a bit flipped in a table is found by every way of reading',
  withFolder(async (folder) => {
    const path = join(folder, 'ledger')
    const first = await create(path)
    await fill(first, 0, 200)
    await first.close()
    await (await reopen(path)).close() // writes the table

    const table = await lastFile(path, '.ldb')
    await flipBit(table, offsetOf(await readFile(table), 'payload-77-') + 3)
    const second = await reopen(path)
    const read = await codedError(second.get(keyOf(77)))
    assert.is(read.code, 'STORAGE_DAMAGED')
    assert.ok(read.message.includes(path))
    assert.ok(read.message.includes(Buffer.from(keyOf(77)).toString('hex')))
    assert.is((await codedError(second.getMany([keyOf(1), keyOf(77)]))).code, 'STORAGE_DAMAGED')
    assert.is((await codedError(collect(second))).code, 'STORAGE_DAMAGED')
    assert.throws(() => second.getSync(keyOf(77)), /checksum/)
    assert.is(text(second.getSync(keyOf(78))), text(payloadOf(78)))
    await second.close()
  })
)

test(
  'a bit flipped inside the log refuses the start, and goes on refusing',
  withFolder(async (folder) => {
    const path = join(folder, 'ledger')
    const first = await create(path)
    for (let number = 0; number < 1200; number++) await fill(first, number, number + 1)
    await first.close()

    const log = await lastFile(path, '.log')
    const offset = offsetOf(await readFile(log), 'payload-600-')
    await flipBit(log, offset)
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await codedError(reopen(path))
      assert.is(error.code, 'STORAGE_DAMAGED')
      assert.ok(error.message.includes(log))
    }
    await flipBit(log, offset)
    const second = await reopen(path)
    assert.is((await collect(second)).length, 1200)
    await second.close()
  })
)

test(
  'a log cut short by a crash opens with what stands before the cut',
  withFolder(async (folder) => {
    const path = join(folder, 'ledger')
    const first = await create(path)
    for (let number = 0; number < 10; number++) await fill(first, number, number + 1)
    await first.close()
    const log = await lastFile(path, '.log')
    await truncate(log, offsetOf(await readFile(log), 'payload-9-') + 5)
    const second = await reopen(path)
    assert.is((await collect(second)).length, 9)
    await second.close()
  })
)

test(
  'a missing CURRENT is a missing database, not an empty one',
  withFolder(async (folder) => {
    const path = join(folder, 'ledger')
    const first = await create(path)
    await fill(first, 0, 100)
    await first.close()
    await rm(join(path, 'CURRENT'))
    const error = await codedError(reopen(path))
    assert.is(error.code, 'STORAGE_MISSING')
    assert.match(error.message, /database missing, not an empty start/)
    assert.ok(existsSync(await lastFile(path, '.log')), 'nothing was deleted')
  })
)

for (const [name, spoil] of [
  ['a missing table', async (path: string) => rm(await lastFile(path, '.ldb'))],
  ['a missing log', async (path: string) => rm(await lastFile(path, '.log'))],
  ['a table cut short', async (path: string) => truncate(await lastFile(path, '.ldb'), 100)],
  ['an empty CURRENT', (path: string) => truncate(join(path, 'CURRENT'))],
  [
    'a flipped bit in the manifest',
    async (path: string) => {
      const folder = (await readFile(join(path, 'CURRENT'), 'utf8')).trim()
      await flipBit(join(path, folder), 20)
    }
  ]
] as const)
  test(
    `${name} is named as damage`,
    withFolder(async (folder) => {
      const path = join(folder, 'ledger')
      const first = await create(path)
      await fill(first, 0, 100)
      await first.close()
      await (await reopen(path)).close() // writes the table
      await spoil(path)
      const error = await codedError(reopen(path).then((second) => collect(second)))
      assert.is(error.code, 'STORAGE_DAMAGED')
      assert.ok(error.message.includes(path))
    })
  )

test.run()
