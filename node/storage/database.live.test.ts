import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { InvariantError } from '../../protocol/index.ts'
import type { NodeError } from '../errors.ts'
import type { KeyRange } from './key-range.ts'
import { openDatabase } from './open-database.ts'
import { collect, create, fill, keyOf, payloadOf, reopen, text } from './testing/entries.ts'
import { codedError, IDENTITY, withFolder } from './testing/fixtures.ts'

const test = suite('database')
const MODULE = new URL('./database.js', import.meta.url).href

test(
  'what was written is read back in every way, also after reopening',
  withFolder(async (folder) => {
    const path = join(folder, 'ledger')
    const first = await create(path)
    await fill(first, 0, 3)
    const batch = first.createBatch()
    batch.delete(keyOf(1))
    batch.put(keyOf(3), new Uint8Array())
    await batch.write({ sync: false })
    await first.close()

    const second = await reopen(path)
    assert.is(text(second.getSync(keyOf(0))), text(payloadOf(0)))
    assert.is(second.getSync(keyOf(1)), undefined)
    assert.is(text(await second.get(keyOf(2))), text(payloadOf(2)))
    assert.is(await second.get(keyOf(9)), undefined)
    assert.equal((await second.getMany([keyOf(3), keyOf(1)])).map(text), ['', undefined])
    await second.close()
  })
)

test(
  'a walk delivers its range in pages, in order, without the identity record',
  withFolder(async (folder) => {
    const database = await create(join(folder, 'ledger'))
    await fill(database, 0, 1500)
    const numbers = async (range?: KeyRange): Promise<number[]> =>
      (await collect(database, range)).map(([key]) => Number(text(key)?.slice(4)))
    const upwards = Array.from({ length: 1500 }, (_, number) => number)

    assert.equal(await numbers(), upwards)
    assert.equal(await numbers({ reverse: true }), upwards.toReversed())
    assert.equal(await numbers({ gte: keyOf(10), lt: keyOf(13) }), [10, 11, 12])
    assert.equal(await numbers({ gt: keyOf(10), lte: keyOf(13) }), [11, 12, 13])
    assert.equal(await numbers({ gt: keyOf(10), lt: keyOf(1490), limit: 1000, reverse: true }), [
      ...upwards.slice(490, 1490).toReversed()
    ])
    assert.equal(await numbers({ gte: new Uint8Array(), limit: 2 }), [0, 1])
    assert.equal(await numbers({ limit: 0 }), [])
    await database.close()
  })
)

test(
  'keys that belong to the database itself are refused',
  withFolder(async (folder) => {
    const database = await create(join(folder, 'ledger'))
    const batch = database.createBatch()
    for (const key of [Buffer.from('\0identity'), new Uint8Array()]) {
      assert.throws(
        () => database.getSync(key),
        (error: unknown) => error instanceof InvariantError
      )
      assert.throws(
        () => batch.put(key, key),
        (error: unknown) => error instanceof InvariantError
      )
      assert.throws(
        () => batch.delete(key),
        (error: unknown) => error instanceof InvariantError
      )
    }
    await batch.discard()
    await database.close()
  })
)

test(
  'a new database is never made over something, and none is made by opening',
  withFolder(async (folder) => {
    const path = join(folder, 'ledger')
    assert.is((await codedError(reopen(path))).code, 'STORAGE_MISSING')
    assert.not.ok(existsSync(path))
    await mkdir(path)
    assert.is((await codedError(create(path))).code, 'DATA_DIRECTORY_EXISTS')
  })
)

test(
  'another uuid, network or schema is refused',
  withFolder(async (folder) => {
    const path = join(folder, 'ledger')
    await (await create(path)).close()
    const uuid = await codedError(reopen(path, { uuid: 'other' }))
    assert.is(uuid.code, 'STORAGE_DAMAGED')
    assert.match(uuid.message, path)
    assert.is((await codedError(reopen(path, { networkId: 'other' }))).code, 'STORAGE_DAMAGED')
    const schema = await codedError(reopen(path, { schemaVersion: 7 }))
    assert.is(schema.code, 'STORAGE_FORMAT_UNKNOWN')
    assert.match(schema.message, /schema 1.*schema 7/)
    await (await reopen(path)).close()
  })
)

test(
  'a second process is told that the database is locked',
  withFolder(async (folder) => {
    const path = join(folder, 'ledger')
    await (await create(path)).close()
    const options = JSON.stringify({ path, identity: IDENTITY, create: false })
    const script = `
      import { openDatabase } from ${JSON.stringify(MODULE)}
      await openDatabase(${options}, { onWriteFailure: () => undefined })
      process.stdout.write('open')
      process.stdin.resume()`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['pipe', 'pipe', 'inherit']
    })
    await once(child.stdout, 'data')
    assert.is((await codedError(reopen(path))).code, 'DATA_DIRECTORY_LOCKED')
    child.kill('SIGKILL')
    await once(child, 'exit')
    await (await reopen(path)).close()
  })
)

test(
  'a full disk makes the database read-only for ever, and says so once',
  withFolder(async (folder) => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' })
    } catch {
      process.stdout.write('(no mount here: full disk not tried) ')
      return
    }
    try {
      await fillTheDisk(join(folder, 'ledger'))
    } finally {
      execFileSync('umount', ['-l', folder])
    }
  })
)

async function fillTheDisk(path: string): Promise<void> {
  const failures: NodeError[] = []
  const ports = { onWriteFailure: (failure: NodeError) => failures.push(failure) }
  const database = await openDatabase({ path, identity: IDENTITY, create: true }, ports)
  await fill(database, 0, 1)
  const tooMuch = async (): Promise<void> => {
    const batch = database.createBatch()
    batch.put(keyOf(1), new Uint8Array(2 * 1024 * 1024))
    await batch.write({ sync: true })
  }
  // the small one would fit, and would lie behind a torn record
  const [large, small] = [codedError(tooMuch()), codedError(fill(database, 2, 3))]
  const first = await large
  assert.is(first.code, 'DISK_FULL')
  assert.is(first.exitCode, 74)
  assert.ok(first.message.includes(path))
  assert.is(await small, first)
  assert.is(await codedError(fill(database, 3, 4)), first)
  assert.equal(failures, [first])
  assert.is(text(database.getSync(keyOf(0))), text(payloadOf(0)))
  await database.close()
}

test(
  'a write that the system refuses is a failed write, in any account',
  withFolder(async (folder) => {
    const options = JSON.stringify({
      path: join(folder, 'ledger'),
      identity: IDENTITY,
      create: true
    })
    const script = `
      import { openDatabase } from ${JSON.stringify(MODULE)}
      let calls = 0
      const database = await openDatabase(${options}, { onWriteFailure: () => calls++ })
      const codes = []
      for (let number = 0; number < 3; number++) {
        const batch = database.createBatch()
        batch.put(Buffer.from('key' + number), new Uint8Array(100 * 1024))
        codes.push(await batch.write({ sync: true }).then(() => 'ok', (error) => error.code))
      }
      process.stdout.write(JSON.stringify([...codes, calls]))
      await database.close()`
    // files end at 128 KiB there, and the signal that would say so is ignored
    const shell = `trap '' XFSZ; ulimit -f 128; exec "$0" --input-type=module -e "$1"`
    const { stdout } = await promisify(execFile)('bash', ['-c', shell, process.execPath, script])
    assert.equal(JSON.parse(stdout), ['ok', 'DISK_WRITE_FAILED', 'DISK_WRITE_FAILED', 1])
  })
)

test.run()
