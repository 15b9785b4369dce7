import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { crc32c } from './crc32c.ts'
import { checkLevelLogs } from './level-log-check.ts'
import { create, fill } from './testing/entries.ts'
import { codedError, lastFile, withFolder } from './testing/fixtures.ts'

const test = suite('level log check')

/** The log that LevelDB writes for these entries, and for one of several blocks if asked. */
async function realLog(folder: string, entries: number, large: boolean): Promise<Buffer> {
  const database = await create(join(folder, 'real'))
  for (let number = 0; number < entries; number++) await fill(database, number, number + 1)
  const batch = database.createBatch()
  if (large) batch.put(Buffer.from('large'), new Uint8Array(80_000).fill(7))
  await batch.write({ sync: true })
  if (large) await fill(database, entries, entries + 1)
  await database.close()
  return readFile(await lastFile(join(folder, 'real'), '.log'))
}

async function judge(folder: string, log: Uint8Array, unsynced: boolean): Promise<string> {
  const place = join(folder, 'copy')
  await mkdir(place, { recursive: true })
  await writeFile(join(place, '000001.log'), log)
  return checkLevelLogs(place, unsynced).then(
    () => 'whole',
    (error) => error.code
  )
}

function flipped(log: Buffer, offset: number, bit: number): Buffer {
  const copy = Buffer.from(log)
  copy[offset] = (copy[offset] ?? 0) ^ (1 << bit)
  return copy
}

test('the checksum is that of the standard test value', () => {
  assert.is(crc32c(Buffer.from('123456789')), 0xe3069283)
})

test(
  'no flipped byte of a synced log goes unnoticed, and every cut is taken for a crash',
  withFolder(async (folder) => {
    const log = await realLog(folder, 6, false)
    assert.is(await judge(folder, log, false), 'whole')
    for (let offset = 0; offset < log.length; offset++) {
      const spoilt = flipped(log, offset, offset % 8)
      assert.is(await judge(folder, spoilt, false), 'STORAGE_DAMAGED', `flipped byte ${offset}`)
      assert.is(await judge(folder, log.subarray(0, offset), false), 'whole', `cut at ${offset}`)
    }
  })
)

test(
  'a flipped bit in a log of several blocks is noticed wherever it is',
  withFolder(async (folder) => {
    const log = await realLog(folder, 300, true)
    assert.is(await judge(folder, log, false), 'whole')
    const place = fc.record({ offset: fc.nat(log.length - 1), bit: fc.nat(7) })
    await fc.assert(
      fc.asyncProperty(place, async ({ offset, bit }) => {
        const padding = log[offset] === 0 && offset % 32_768 > 32_761
        if (padding) return
        assert.is(await judge(folder, flipped(log, offset, bit), false), 'STORAGE_DAMAGED')
        if (offset < log.length - 200)
          assert.is(await judge(folder, flipped(log, offset, bit), true), 'STORAGE_DAMAGED')
      }),
      { numRuns: 150 }
    )
  })
)

test(
  'a wrong end is forgiven where writes are not all synced, zeros everywhere',
  withFolder(async (folder) => {
    const log = await realLog(folder, 6, false)
    const wrongEnd = flipped(log, log.length - 1, 0)
    assert.is(await judge(folder, wrongEnd, true), 'whole')
    assert.is(await judge(folder, wrongEnd, false), 'STORAGE_DAMAGED')
    const zeros = Buffer.concat([log, Buffer.alloc(100_000)])
    assert.is(await judge(folder, zeros, false), 'whole')
    const behindZeros = Buffer.concat([log, Buffer.alloc(65_536 - log.length), log])
    assert.is(await judge(folder, behindZeros, true), 'STORAGE_DAMAGED')
  })
)

test(
  'a database that lost its log is named',
  withFolder(async (folder) => {
    assert.is((await codedError(checkLevelLogs(folder, true))).code, 'STORAGE_DAMAGED')
  })
)

test.run()
