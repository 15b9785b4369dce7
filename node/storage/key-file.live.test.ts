import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  eraseKeyFile,
  IDENTITY_KEY_FILE,
  type KeyProtection,
  listVoteKeyEpochs,
  readKeyFile,
  voteKeyFile,
  writeKeyFile
} from './key-file.ts'
import { codedError, withFolder } from './testing/fixtures.ts'

const test = suite('key file')
const plain: KeyProtection = { kind: 'plain' }
const locked = (passphrase: string): KeyProtection => ({
  kind: 'passphrase',
  passphrase,
  workFactor: 4
})

for (const protection of [plain, locked('correct horse')])
  test(
    `a seed comes back from a ${protection.kind} file that only its owner can read`,
    withFolder(async (folder) => {
      const path = join(folder, IDENTITY_KEY_FILE)
      const seed = randomBytes(32)
      await writeKeyFile({ path, protection }, seed)
      assert.is((await stat(path)).mode & 0o777, 0o600)
      assert.equal(Buffer.from(await readKeyFile({ path, protection })), seed)
      assert.is((await readFile(path, 'utf8')).includes(seed.toString('hex')), protection === plain)
      assert.not.ok(existsSync(`${path}.new`))
    })
  )

test(
  'a key that exists is never overwritten',
  withFolder(async (folder) => {
    const path = join(folder, IDENTITY_KEY_FILE)
    await writeKeyFile({ path, protection: plain }, randomBytes(32))
    const before = await readFile(path)
    const error = await codedError(writeKeyFile({ path, protection: plain }, randomBytes(32)))
    assert.is(error.code, 'KEY_FILE_WRONG')
    assert.equal(await readFile(path), before)
  })
)

test(
  'a file that group or others can touch, or that is not ours, is refused by path and mode',
  withFolder(async (folder) => {
    const path = join(folder, IDENTITY_KEY_FILE)
    await writeKeyFile({ path, protection: plain }, randomBytes(32))
    for (const mode of [0o640, 0o604, 0o620, 0o610]) {
      await chmod(path, mode)
      const error = await codedError(readKeyFile({ path, protection: plain }))
      assert.is(error.code, 'KEY_FILE_WRONG')
      assert.ok(error.message.includes(path) && error.message.includes(mode.toString(8)))
    }
    await chmod(path, 0o600)
    if (process.geteuid?.() !== 0) return // only root can give files away
    await chown(path, 12345, 12345)
    const error = await codedError(readKeyFile({ path, protection: plain }))
    assert.match(error.message, /belongs to user 12345/)
  })
)

test(
  'a wrong passphrase, the other protection and other content are refused',
  withFolder(async (folder) => {
    const secret = join(folder, 'secret.key')
    const open = join(folder, 'open.key')
    await writeKeyFile({ path: secret, protection: locked('right') }, randomBytes(32))
    await writeKeyFile({ path: open, protection: plain }, randomBytes(32))
    const refusal = async (path: string, protection: KeyProtection): Promise<string> => {
      const error = await codedError(readKeyFile({ path, protection }))
      assert.is(error.code, 'KEY_FILE_WRONG')
      assert.ok(error.message.startsWith(path))
      return error.message
    }
    assert.match(await refusal(secret, locked('wrong')), /passphrase is wrong/)
    assert.match(await refusal(secret, plain), /is encrypted/)
    assert.match(await refusal(open, locked('right')), /is not encrypted/)
    assert.match(await refusal(join(folder, 'none.key'), plain), /cannot be opened/)
    assert.match(await refusal(folder, plain), /is no key file/)
    for (const content of ['', 'ab', 'x'.repeat(64), 'a'.repeat(66), 'a'.repeat(9000)]) {
      await writeFile(open, content)
      await refusal(open, plain)
    }
  })
)

test(
  'vote keys are listed by epoch and erased for good',
  withFolder(async (folder) => {
    const keys = join(folder, 'keys')
    await mkdir(keys)
    for (const epoch of [10, 9, 0])
      await writeKeyFile(
        { path: join(keys, voteKeyFile(epoch)), protection: plain },
        randomBytes(32)
      )
    await writeFile(join(keys, 'vote-01.key'), '')
    await writeFile(join(keys, 'vote-3.key.new'), '')
    assert.equal(await listVoteKeyEpochs(keys), [0, 9, 10])
    await eraseKeyFile(join(keys, voteKeyFile(9)))
    assert.equal(await listVoteKeyEpochs(keys), [0, 10])
  })
)

test.run()
