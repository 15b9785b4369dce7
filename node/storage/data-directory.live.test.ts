import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NodeError } from '../errors.ts'
import {
  createDataDirectory,
  type DataDirectory,
  type DataDirectoryOptions,
  dataPaths,
  openDataDirectory
} from './data-directory.ts'
import { IDENTITY_KEY_FILE, writeKeyFile } from './key-file.ts'
import { codedError, flipBit, lastFile, offsetOf, withFolder } from './testing/fixtures.ts'

const test = suite('data directory')
const quiet = { onWriteFailure: (): void => undefined }
const MODULE = new URL('./data-directory.js', import.meta.url).href

function optionsAt(folder: string): DataDirectoryOptions {
  const path = join(folder, 'data')
  return {
    path,
    networkId: 'test-net',
    genesisHash: 'ab'.repeat(32),
    keyFingerprint: 'fingerprint'
  }
}

async function create(options: DataDirectoryOptions): Promise<void> {
  await createDataDirectory(options, {
    writeKeys: (keys) =>
      writeKeyFile(
        { path: join(keys, IDENTITY_KEY_FILE), protection: { kind: 'plain' } },
        new Uint8Array(32)
      )
  })
}

function open(options: DataDirectoryOptions): Promise<DataDirectory> {
  return openDataDirectory(options, quiet)
}

/** A made directory, used once, spoilt, and what opening it says then. */
async function errorAfter(
  folder: string,
  spoil: (path: string) => Promise<void>
): Promise<NodeError> {
  const options = optionsAt(folder)
  await create(options)
  const directory = await open(options)
  const batch = directory.ledger.createBatch()
  batch.put(Buffer.from('key'), Buffer.from('payload'))
  await batch.write({ sync: true })
  const vote = { epoch: 1, view: 1, kind: 'notarise', bytes: Buffer.from('a vote') } as const
  await directory.voteLog.record({ entries: [vote], certificates: [] })
  await directory.close()
  await spoil(options.path)
  const error = await codedError(open(options))
  assert.not.ok(existsSync(join(options.path, 'lock')), 'the lock is released')
  return error
}

test(
  'a made directory opens, holds its own, and is private',
  withFolder(async (folder) => {
    const options = optionsAt(folder)
    await create(options)
    const paths = dataPaths(options.path)
    assert.equal((await readdir(options.path)).sort(), ['keys', 'ledger', 'node.json', 'sign'])
    assert.is((await stat(options.path)).mode & 0o777, 0o700)
    assert.is((await stat(paths.keys)).mode & 0o777, 0o700)
    const directory = await open(options)
    assert.is(directory.marker.networkId, 'test-net')
    assert.is(JSON.parse(await readFile(paths.lock, 'utf8')).pid, process.pid)
    await directory.close()
    assert.not.ok(existsSync(paths.lock))
    await (await open(options)).close()
  })
)

test(
  'nothing that exists is overwritten',
  withFolder(async (folder) => {
    const options = optionsAt(folder)
    await create(options)
    const before = await readFile(join(options.path, 'node.json'))
    const error = await codedError(create(options))
    assert.is(error.code, 'DATA_DIRECTORY_EXISTS')
    assert.ok(error.message.startsWith(options.path))
    assert.equal(await readFile(join(options.path, 'node.json')), before)

    const file = join(folder, 'file')
    await writeFile(file, '')
    assert.is((await codedError(create({ ...options, path: file }))).code, 'DATA_DIRECTORY_EXISTS')
    const volume = join(folder, 'volume')
    await mkdir(join(volume, 'lost+found'), { recursive: true })
    await create({ ...options, path: volume })
  })
)

test(
  'a making that was cut short is neither opened nor taken for nothing',
  withFolder(async (folder) => {
    const options = optionsAt(folder)
    assert.is((await codedError(open(options))).code, 'DATA_DIRECTORY_MISSING')
    const writeKeys = (): Promise<void> => Promise.reject(new NodeError('DISK_FULL', 'no room'))
    assert.is((await codedError(createDataDirectory(options, { writeKeys }))).code, 'DISK_FULL')
    assert.is((await codedError(open(options))).code, 'STORAGE_DAMAGED')
    assert.is((await codedError(create(options))).code, 'DATA_DIRECTORY_EXISTS')
  })
)

for (const [name, code, place, spoil] of [
  [
    'without ledger',
    'STORAGE_MISSING',
    'ledger',
    (path) => rm(join(path, 'ledger'), { recursive: true })
  ],
  [
    'without ledger/CURRENT',
    'STORAGE_MISSING',
    'CURRENT',
    (path) => rm(join(path, 'ledger', 'CURRENT'))
  ],
  [
    'without sign',
    'VOTE_LOG_MISSING',
    'sign',
    (path) => rm(join(path, 'sign'), { recursive: true })
  ],
  ['without sign/CURRENT', 'VOTE_LOG_MISSING', 'sign', (path) => rm(join(path, 'sign', 'CURRENT'))],
  ['without node.json', 'STORAGE_DAMAGED', 'node.json', (path) => rm(join(path, 'node.json'))],
  [
    'without keys',
    'STORAGE_DAMAGED',
    'keys',
    (path) => rm(join(path, 'keys'), { recursive: true })
  ],
  ['with an open key folder', 'KEY_FILE_WRONG', '0750', (path) => chmod(join(path, 'keys'), 0o750)],
  [
    'with a flipped vote',
    'STORAGE_DAMAGED',
    'sign',
    async (path) => {
      const log = await lastFile(join(path, 'sign'), '.log')
      await flipBit(log, offsetOf(await readFile(log), 'a vote'))
    }
  ],
  [
    'with another uuid',
    'STORAGE_DAMAGED',
    'uuid',
    edit((text) => text.replace(/"uuid": "..../, '"uuid": "0123'))
  ],
  ['with half a marker', 'STORAGE_DAMAGED', 'node.json', edit((text) => text.slice(0, 50))],
  [
    'with an odd marker',
    'STORAGE_DAMAGED',
    'genesisHash',
    edit((text) => text.replace('abab', 'wxyz'))
  ],
  [
    'of a newer schema',
    'STORAGE_FORMAT_UNKNOWN',
    'schema 2.*schema 1',
    edit((text) => text.replace(': 1', ': 2'))
  ],
  [
    'of another network',
    'GENESIS_WRONG',
    'node.json.*other-net',
    edit((text) => text.replace('test-net', 'other-net'))
  ],
  [
    'of another genesis',
    'GENESIS_WRONG',
    'node.json',
    edit((text) => text.replace('abab', 'cdcd'))
  ],
  [
    'of another key',
    'KEY_FILE_WRONG',
    'node.json',
    edit((text) => text.replace('fingerprint"\n', 'other"\n'))
  ]
] as [string, string, string, (path: string) => Promise<void>][])
  test(
    `a directory ${name} is refused as ${code}`,
    withFolder(async (folder) => {
      const error = await errorAfter(folder, spoil)
      assert.is(error.code, code)
      assert.match(error.message, new RegExp(place))
      assert.ok(error.message.includes(join(folder, 'data')))
      assert.not.match(error.message, /\n/)
    })
  )

function edit(change: (text: string) => string): (path: string) => Promise<void> {
  return async (path) => {
    const marker = join(path, 'node.json')
    await writeFile(marker, change(await readFile(marker, 'utf8')))
  }
}

test(
  'a second start names the process that runs, and takes over once that is dead',
  withFolder(async (folder) => {
    const options = optionsAt(folder)
    await create(options)
    const script = `
      import { openDataDirectory } from ${JSON.stringify(MODULE)}
      await openDataDirectory(${JSON.stringify(options)}, { onWriteFailure: () => undefined })
      process.stdout.write('open')
      process.stdin.resume()`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['pipe', 'pipe', 'inherit']
    })
    await once(child.stdout, 'data')
    const error = await codedError(open(options))
    assert.is(error.code, 'DATA_DIRECTORY_LOCKED')
    assert.is(error.exitCode, 73)
    assert.ok(error.message.includes(options.path) && error.message.includes(`${child.pid}`))

    await rm(join(options.path, 'lock')) // LevelDB's own lock still holds
    assert.is((await codedError(open(options))).code, 'DATA_DIRECTORY_LOCKED')

    child.kill('SIGKILL')
    await once(child, 'exit')
    await (await open(options)).close()
  })
)

test(
  'a lock of a dead process, another boot, a reused pid, or cut short is taken over',
  withFolder(async (folder) => {
    const options = optionsAt(folder)
    await create(options)
    const path = dataPaths(options.path).lock
    const directory = await open(options)
    const own = JSON.parse(await readFile(path, 'utf8'))
    await directory.close()
    for (const stale of [
      { ...own, pid: 2 ** 30 },
      { ...own, bootId: 'another boot' },
      { ...own, startedAtTicks: '1' }
    ]) {
      await writeFile(path, JSON.stringify(stale))
      await (await open(options)).close()
    }
    await writeFile(path, '{"pid":')
    await (await open(options)).close()
    await writeFile(path, JSON.stringify(own))
    assert.is((await codedError(open(options))).code, 'DATA_DIRECTORY_LOCKED')
  })
)

test.run()
