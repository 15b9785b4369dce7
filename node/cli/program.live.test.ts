import { existsSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runProgram, withHome } from './testing/run-program.ts'

const test = suite('the command line')

test('prints its commands on --help', async () => {
  const { code, stdout } = await runProgram(['--help'])
  assert.is(code, 0)
  for (const name of ['init', 'start', 'status', 'id', 'keys', 'device', 'verify'])
    assert.match(stdout, new RegExp(`^ {2}${name}\\b`, 'm'))
})

test('suggests the command that was meant, with the exit code of usage', async () => {
  const { code, stdout, stderr } = await runProgram(['statsu'])
  assert.is(code, 64)
  assert.is(stdout, '')
  assert.is(stderr, "thingmoot: unknown command 'statsu'\n(Did you mean status?)\n")
})

test('says what to do when there is neither an argument nor a node', async () => {
  const { code, stdout } = await runProgram([], { THINGMOOT_HOME: '/nowhere' })
  assert.is(code, 0)
  assert.match(stdout, /npm run testnet/)
})

test('lists a flag for every setting', async () => {
  const { code, stdout } = await runProgram(['start', '--help'])
  assert.is(code, 0)
  assert.match(stdout, /--http-port <number>/)
  assert.match(stdout, /--network-dissemination <auto\|push\|gossip>/)
})

test(
  'makes a node that id, keys and config can tell of',
  withHome(async ({ environment, genesisPath, keysFolder, genesis }) => {
    const init = ['init', '--genesis', genesisPath, '--keys', keysFolder, '--plain-keys', '--json']
    const made = await runProgram([...init, '--http-port', '8123'], environment)
    assert.is(made.stderr, '')
    assert.is(made.code, 0)
    const { settingsFile, dataDirectory, nodeId, role } = JSON.parse(made.stdout)
    assert.is(role, 'member')
    for (const name of ['identity.key', 'vote-0.key', 'vote-1.key', 'recovery.key'])
      assert.is((await stat(join(dataDirectory, 'keys', name))).mode & 0o777, 0o600, name)

    const [idRun, keysRun, shown, checked] = await Promise.all([
      runProgram(['id', '--json'], environment),
      runProgram(['keys', 'list', '--json'], environment),
      runProgram(['config', 'show', '--origin', '--json'], environment),
      runProgram(['config', 'check', settingsFile])
    ])
    const id = JSON.parse(idRun.stdout)
    assert.is(id.nodeId, nodeId)
    assert.is(id.nodeId, Buffer.from(genesis.members[0]!.memberId).toString('hex'))
    assert.match(id.peerId, /^12D3KooW/)
    assert.match(id.fingerprint, /^([0-9a-f]{4}-){7}[0-9a-f]{4}$/)
    assert.equal(
      JSON.parse(keysRun.stdout).keys.map((key: { file: string }) => key.file),
      ['identity.key', 'recovery.key', 'vote-0.key', 'vote-1.key']
    )
    const { file, settings } = JSON.parse(shown.stdout)
    assert.is(file, settingsFile)
    assert.equal(settings['http.port'], { value: 8123, origin: 'file' })
    assert.is(checked.code, 0)
  })
)

test(
  'refuses to make a node twice, and overwrites nothing',
  withHome(async ({ folder, environment, genesisPath }) => {
    const init = ['init', '--genesis', genesisPath, '--plain-keys']
    assert.is((await runProgram(init, environment)).code, 0)
    const files = ['config/node.yaml', 'data/node.json', 'data/keys/identity.key']
    const read = (): Promise<string[]> =>
      Promise.all(files.map((name) => readFile(join(folder, 'home', name), 'utf8')))
    const before = await read()
    const again = await runProgram(init, environment)
    assert.is(again.code, 64)
    assert.match(again.stderr, /node\.yaml: exists already; nothing is overwritten/)
    const elsewhere = await runProgram([...init, '--config', join(folder, 'b.yaml')], environment)
    assert.is(elsewhere.code, 64)
    assert.match(elsewhere.stderr, /data: holds .* already; nothing is overwritten/)
    assert.not(existsSync(join(folder, 'b.yaml')))
    assert.equal(await read(), before)
  })
)

test(
  'makes no unprotected keys unless it is said',
  withHome(async ({ folder, environment, genesisPath }) => {
    const { code, stderr } = await runProgram(['init', '--genesis', genesisPath], environment)
    assert.is(code, 64)
    assert.match(stderr, /--passphrase-file <file>, or --plain-keys/)
    assert.not(existsSync(join(folder, 'home')))
  })
)

test(
  'encrypts keys under the passphrase of a file, which the settings then name',
  withHome(async ({ folder, environment, genesisPath }) => {
    const passphraseFile = join(folder, 'passphrase')
    await writeFile(passphraseFile, 'correct horse\n')
    const init = ['init', '--genesis', genesisPath, '--passphrase-file', passphraseFile]
    assert.is((await runProgram(init, environment)).code, 0)
    const key = await readFile(join(folder, 'home/data/keys/identity.key'), 'utf8')
    assert.match(key, /^-----BEGIN AGE ENCRYPTED FILE-----/)
    const { code, stdout } = await runProgram(['id'], environment)
    assert.is(code, 0)
    assert.match(stdout, /^A node of test, fingerprint/)
  })
)

test(
  'names the line and column of a misspelt setting',
  withHome(async ({ folder, genesisPath }) => {
    const path = join(folder, 'node.yaml')
    await writeFile(path, 'http:\n  prot: 8081\n')
    const { code, stderr } = await runProgram(['start', '--config', path, '--genesis', genesisPath])
    assert.is(code, 78)
    assert.is(stderr, `thingmoot: ${path}:2:3: http.prot: unknown setting, did you mean "port"?\n`)
  })
)

test(
  'refuses a genesis that is wrong, missing or of another network',
  withHome(async ({ folder, environment, genesisPath }) => {
    const bad = join(folder, 'bad.json')
    const text = await readFile(genesisPath, 'utf8')
    await writeFile(bad, text.replace('"weight": 1', '"weight": 0'))
    const [wrong, missing, other] = await Promise.all([
      runProgram(['start', '--genesis', bad], environment),
      runProgram(['init', '--genesis', 'none', '--plain-keys'], environment),
      runProgram(['start', '--genesis', genesisPath, '--network-id', 'other'], environment)
    ])
    assert.is(wrong.code, 78)
    assert.match(wrong.stderr, /bad\.json:\d+:\d+: members\[0\]\.weight: 0 is below 1/)
    assert.is(missing.code, 78)
    assert.match(missing.stderr, /none: there is no such genesis file/)
    assert.is(other.code, 78)
    assert.match(other.stderr, /is the genesis of test, the settings ask for other/)
  })
)

test('says that no node answers, without a stack', async () => {
  const { code, stderr } = await runProgram(['status', '--url', 'http://127.0.0.1:1'])
  assert.is(code, 69)
  assert.match(stderr, /^thingmoot: http:\/\/127\.0\.0\.1:1: no node answers there/)
  assert.not.match(stderr, /^\s+at /m)
})

test.run()
