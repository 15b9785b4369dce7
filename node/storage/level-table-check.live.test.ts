import { readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { checkLevelTables, checkTable, listTables, type TableTrouble } from './level-table-check.ts'
import { collect, create, fill, keyOf, reopen } from './testing/entries.ts'
import { codedError, flipBit, offsetOf, withFolder } from './testing/fixtures.ts'

const test = suite('level table check')
const FOOTER_BYTES = 48

/** A database whose entries lie in one table. */
function withTable(run: (folder: string, table: string) => Promise<void>): () => Promise<void> {
  return withFolder(async (folder) => {
    const path = join(folder, 'ledger')
    const first = await create(path)
    await fill(first, 0, 600)
    await first.close()
    await (await reopen(path)).close() // writes the table
    const [table] = await listTables(path)
    await run(path, table as string)
  })
}

async function kindsIn(
  table: string,
  checksums: boolean
): Promise<readonly TableTrouble['kind'][]> {
  return (await checkTable(table, { checksums })).troubles.map(({ kind }) => kind)
}

test(
  'a whole table has no trouble, and its bytes are counted as they are read',
  withTable(async (folder, table) => {
    let bytes = 0
    const onRead = async (read: number): Promise<void> => {
      bytes += read
    }
    const report = await checkTable(table, { checksums: true, onRead })
    assert.equal(report.troubles, [])
    assert.ok(bytes >= report.bytes)
    await checkLevelTables(folder)
  })
)

test(
  'a wrong byte in a value is trouble of records: LevelDB may read on',
  withTable(async (folder, table) => {
    await flipBit(table, offsetOf(await readFile(table), 'payload-77-') + 3)
    assert.equal(await kindsIn(table, false), [])
    assert.equal(await kindsIn(table, true), ['records'])
    await checkLevelTables(folder)
    const database = await reopen(folder)
    const damaged: string[] = []
    const whole: Uint8Array[] = []
    for await (const page of database.scan()) {
      damaged.push(...page.damaged.map((key) => Buffer.from(key).toString()))
      whole.push(...page.entries.map(([key]) => key))
    }
    assert.equal(damaged, [Buffer.from(keyOf(77)).toString()])
    assert.is(whole.length, 599, 'a scan goes on behind it')
    await database.close()
  })
)

for (const [name, spoil] of [
  ['the length of a record', async (table: string) => flipBit(table, 2)],
  ['the index', async (table: string) => flipBit(table, -FOOTER_BYTES - 20)],
  ['the footer', async (table: string) => flipBit(table, -1)],
  ['the place of the index', async (table: string) => flipBit(table, -FOOTER_BYTES + 3)],
  ['the end, cut off', async (table: string) => truncate(table, 500)],
  ['everything, cut off', async (table: string) => truncate(table, 0)]
] as const)
  test(
    `a table damaged in ${name} is kept from LevelDB`,
    withTable(async (folder, table) => {
      await spoil(table)
      assert.equal(await kindsIn(table, false), ['frame'])
      const error = await codedError(reopen(folder).then(collect))
      assert.is(error.code, 'STORAGE_DAMAGED')
      assert.ok(error.message.includes(table))
    })
  )

test(
  'a wrong byte in the filter is found where checksums are looked at',
  withTable(async (_folder, table) => {
    const size = (await readFile(table)).length
    const { troubles } = await checkTable(table, { checksums: false })
    assert.equal(troubles, [])
    // the filter lies before the index of filters and the index of blocks
    for (let offset = size - 400; offset > size - 1500; offset -= 100) await flipBit(table, offset)
    assert.ok((await kindsIn(table, true)).length > 0)
  })
)

test(
  'a table that is gone meanwhile is no trouble',
  withTable(async (_folder, table) => {
    await rm(table)
    assert.equal(await checkTable(table, { checksums: true }), { bytes: 0, troubles: [] })
  })
)

test.run()
