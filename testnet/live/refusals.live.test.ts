import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import {
  chmod,
  cp,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { withNode } from '../../node/cli/testing/run-node.ts'
import {
  ENTRY,
  type ProgramRun,
  runProgram,
  type TestHome,
  withHome
} from '../../node/cli/testing/run-program.ts'
import { NodeProcess } from '../cluster/node-process.ts'

const test = suite('refusals')

const DIARY = /(?:LOG|LOG\.old|LOCK)$/
/** What no start may ever change: keys, the marker, and tables of the databases. */
const LASTING = /\.(?:key|json|ldb) /

/** A folder that was damaged, and what the start must say of it. */
interface Damage {
  readonly name: string
  readonly damage: (data: string) => Promise<void>
  readonly code: number
  /** What the one line names. */
  readonly names: RegExp
  /** Whether it is refused before any database is opened, which rewrites its journals. */
  readonly isUntouched: boolean
}

const DAMAGES: readonly Damage[] = [
  {
    name: 'without CURRENT in its ledger',
    damage: (data) => rm(join(data, 'ledger', 'CURRENT')),
    code: 65,
    names: /data\/ledger\/CURRENT: database missing/,
    isUntouched: true
  },
  {
    name: 'with a node.json that is no JSON',
    damage: (data) => writeFile(join(data, 'node.json'), '{"format": 1,'),
    code: 65,
    names: /data\/node\.json/,
    isUntouched: true
  },
  {
    name: 'without sign/',
    damage: (data) => rename(join(data, 'sign'), `${data}-sign`),
    code: 65,
    names: /data\/sign/,
    isUntouched: false
  },
  {
    name: 'with a byte flipped in a table of its ledger',
    damage: async (data) => flipByte(await only(join(data, 'ledger'), /\.ldb$/)),
    code: 65,
    names: /data\/ledger/,
    isUntouched: false
  },
  {
    name: 'with a byte flipped in a table of its votes',
    damage: async (data) => flipByte(await only(join(data, 'sign'), /\.ldb$/)),
    code: 65,
    names: /data\/sign/,
    isUntouched: false
  },
  {
    name: 'with a key that others may read',
    damage: (data) => chmod(join(data, 'keys', 'identity.key'), 0o644),
    code: 78,
    names: /data\/keys\/identity\.key/,
    isUntouched: true
  },
  {
    name: 'without its key',
    damage: (data) => rm(join(data, 'keys', 'identity.key')),
    code: 78,
    names: /data\/keys\/identity\.key/,
    isUntouched: true
  }
]

test(
  'a genesis that is no JSON or lacks a value is named with its line',
  withHome(async ({ folder, environment, genesisPath }) => {
    const text = await readFile(genesisPath, 'utf8')
    const cut = join(folder, 'cut.json')
    await writeFile(cut, text.slice(0, text.length >> 1))
    const value = join(folder, 'value.json')
    await writeFile(value, text.replace('"byzantine"', '"friendly"'))
    const [first, second] = await Promise.all([
      runProgram(['start', '--genesis', cut], environment),
      runProgram(['start', '--genesis', value], environment)
    ])
    oneLine(first, 78, /cut\.json:\d+:\d+: /)
    oneLine(second, 78, /value\.json:\d+:\d+: faultModel: /)
    assert.not(existsSync(join(folder, 'home')))
  })
)

test(
  'a damaged data folder is named, and nothing in it is changed',
  withHome(async (home) => {
    // Started twice, so that what the first run wrote lies in tables.
    await withNode(home, async ({ stop }) => assert.is(await stop(), 0))
    const data = join(home.folder, 'home', 'data')
    await startAndStop(home)
    const runs = await Promise.all(DAMAGES.map((damage) => startDamaged(home, data, damage)))
    for (const [index, { run, before, after }] of runs.entries()) {
      const { code, names, name, isUntouched } = DAMAGES[index] as Damage
      oneLine(run, code, names, name)
      const lasting = before.filter((line) => isUntouched || LASTING.test(line))
      assert.equal(
        lasting.filter((line) => !after.includes(line)),
        [],
        name
      )
      assert.equal(placesOf(after), placesOf(before), name)
      if (isUntouched) assert.is(after.length, before.length, name)
    }
  })
)

test(
  'a port that is taken is named by its address, and the folder stays free',
  withHome(async (home) => {
    await withNode(home, async ({ stop }) => assert.is(await stop(), 0))
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    try {
      // One after the other in one folder: none of them may leave it locked.
      for (const flags of [
        ['--http-port', String(port)],
        ['--mqtt-port', String(port)],
        ['--metrics-enabled', 'true', '--metrics-port', String(port)],
        ['--network-listen', `/ip4/127.0.0.1/tcp/${port}`]
      ]) {
        const run = await runProgram(['start', ...flags], home.environment)
        oneLine(run, 78, new RegExp(`127\\.0\\.0\\.1.*${port}`), flags.join(' '))
      }
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })
)

test.run()

/** One line that names what is wrong, a hint at most beneath it, and no stack. */
function oneLine(
  { code, stderr, stdout }: ProgramRun,
  exit: number,
  names: RegExp,
  what = ''
): void {
  const said = `${what}: exit code ${code}: ${stderr}`
  assert.is(code, exit, said)
  assert.not.match(stdout, /READY/)
  const [line = '', hint = '', ...more] = stderr.split('\n').filter((text) => !text.startsWith('{'))
  assert.ok(line.startsWith('thingmoot: '), said)
  assert.ok(names.test(line), said)
  assert.ok(hint === '' || hint.startsWith('  '), said)
  assert.equal(more.join(''), '', said)
  assert.not.match(stderr, /^\s+at /m)
}

/** Starts on a copy of the folder that was damaged; tells of the files before and after. */
async function startDamaged(
  home: TestHome,
  data: string,
  { damage, name }: Damage
): Promise<{
  readonly run: ProgramRun
  readonly before: readonly string[]
  readonly after: readonly string[]
}> {
  const folder = join(home.folder, name.replaceAll(/\W+/g, '-'))
  const copy = join(folder, 'data')
  await mkdir(folder)
  await cp(data, copy, { recursive: true, preserveTimestamps: true })
  await damage(copy)
  const before = await fingerprints(copy)
  const run = await runProgram(['start', '--data-directory', copy], home.environment)
  return { run, before, after: await fingerprints(copy) }
}

/** The node of a home runs and ends in order. */
async function startAndStop({ folder }: TestHome): Promise<void> {
  const config = join(folder, 'home', 'config', 'node.yaml')
  const node = new NodeProcess(
    {
      name: 'the node',
      command: process.execPath,
      args: [ENTRY, 'start', '--config', config],
      folder: join(folder, 'process')
    },
    { onLine: () => undefined, onExit: () => undefined, onTrouble: () => undefined }
  )
  await node.start()
  assert.is((await node.stop())?.code, 0)
}

/** Mode and content of every file of a folder, but for the diaries that LevelDB keeps. */
async function fingerprints(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => !DIARY.test(name))
  const lines: string[] = []
  for (const name of names.sort()) {
    const path = join(folder, name)
    const { mode } = await stat(path)
    const isFile = (await stat(path)).isFile()
    const hash = isFile
      ? createHash('sha256')
          .update(await readFile(path))
          .digest('hex')
      : ''
    lines.push(`${name} ${mode.toString(8)} ${hash}`)
  }
  return lines
}

/** What lies right in the folder. */
function placesOf(lines: readonly string[]): readonly string[] {
  return [...new Set(lines.map((line) => line.split(/[ /]/)[0] ?? ''))]
}

async function only(folder: string, pattern: RegExp): Promise<string> {
  const name = (await readdir(folder)).find((one) => pattern.test(one))
  assert.ok(name !== undefined, `${folder} holds ${pattern}`)
  return join(folder, name)
}

async function flipByte(path: string): Promise<void> {
  const file = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  const at = 20
  await file.read(byte, 0, 1, at)
  byte[0] = (byte[0] as number) ^ 1
  await file.write(byte, 0, 1, at)
  await file.close()
}
