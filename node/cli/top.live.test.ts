import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { METRICS } from '../metric-names.ts'
import { withNode } from './testing/run-node.ts'
import { ENTRY, runProgram, withHome } from './testing/run-program.ts'
import { type KeyInput, Watching } from './top/watching.ts'

const test = suite('thingmoot top')

const nowhere = ['--url', 'http://127.0.0.1:1']

test(
  'of a running node it says height, members and state, as text and as JSON',
  withHome((home) =>
    withNode(home, async ({ url }) => {
      const text = await runProgram(['top', '--once', '--url', url])
      assert.is(text.code, 0, text.stderr)
      assert.match(text.stdout, /^thingmoot top {2}test, member at http/)
      assert.match(text.stdout, /\n {2}oslo \([0-9a-f]{8}\) +1 {2}this node +—\n/)
      assert.not.ok(text.stdout.includes('\u001b'))
      const json = await runProgram(['top', '--once', '--json', '--url', url])
      const figures = JSON.parse(json.stdout)
      assert.is(figures.status.networkId, 'test')
      assert.is(figures.members.length, 1)
      assert.is(figures.metrics, null)
      const piped = await firstLines(['top', '--json', '--every', '200ms', '--url', url], 2)
      assert.equal(
        piped.map((line) => JSON.parse(line).url),
        [url, url]
      )
    })
  )
)

test('of a node that is away it says so in one line, with the exit code for it', async () => {
  for (const options of [['--once'], ['--json'], ['--once', '--json'], []]) {
    const { code, stdout, stderr } = await runProgram(['top', ...options, ...nowhere])
    assert.is(code, 69)
    assert.is(stdout, '')
    assert.match(stderr, /^thingmoot: http:\/\/127\.0\.0\.1:1: no node answers there.*\n {2}is the/)
    assert.not.match(stderr, /\n\s+at /)
  }
})

test(
  'the metrics of a running node are shown, and every gauge of the table is among them but those of gateways that are off',
  withHome(async (home) => {
    const port = String(await freePort())
    const environment = {
      ...home.environment,
      THINGMOOT_METRICS_ENABLED: 'true',
      THINGMOOT_METRICS_PORT: port
    }
    await withNode({ ...home, environment }, async ({ url }) => {
      const metricsUrl = `http://127.0.0.1:${port}`
      const args = ['top', '--once', '--json', '--url', url, '--metrics-url', metricsUrl]
      const { code, stdout, stderr } = await runProgram(args)
      assert.is(code, 0, stderr)
      const { metrics } = JSON.parse(stdout)
      assert.ok(metrics.residentBytes > 0)
      assert.ok(metrics.freeBytes > 0)
      assert.is(metrics.transactionsOpen, 0)
      assert.is(metrics.blocksPerSecond, null)
      const page = await (await fetch(`${metricsUrl}/metrics`)).text()
      const shown = [...page.matchAll(/^# TYPE (\S+) (gauge|summary)$/gm)].map(([, name]) => name)
      const promised = Object.entries(METRICS).filter(
        ([name, { type }]) => type !== 'counter' && !name.startsWith('thingmoot_gateways_')
      )
      assert.ok(promised.length > 10)
      for (const [name] of promised) assert.ok(shown.includes(name), name)
    })
  })
)

test(
  'a node whose reads need a token is read with the file of one, and no other',
  withHome(async (home) => {
    const environment = { ...home.environment, THINGMOOT_HTTP_TOKEN_NEEDED: 'true' }
    await withNode({ ...home, environment }, async ({ url }) => {
      const made = await runProgram(['token', 'new'], environment)
      assert.is(made.code, 0, made.stderr)
      const tokenFile = join(home.folder, 'token')
      await writeFile(tokenFile, made.stdout)
      const without = await runProgram(['top', '--once', '--url', url])
      assert.is(without.code, 69)
      assert.match(without.stderr, /: 401 /)
      for (const command of [['top', '--once'], ['status'], ['doctor']]) {
        const access = ['--url', url, '--token-file', tokenFile]
        const { code, stdout, stderr } = await runProgram([...command, ...access])
        assert.is(code, 0, stderr)
        assert.not.ok(`${stdout}${stderr}`.includes(made.stdout.trim()))
      }
    })
  })
)

test(
  'what cannot be meant is refused: a span too short, a token file without a token',
  withHome(async ({ folder, genesisPath }) => {
    const hasty = await runProgram(['top', '--every', '1ms', ...nowhere])
    assert.is(hasty.code, 64)
    const missing = await runProgram(['top', '--token-file', join(folder, 'none'), ...nowhere])
    assert.is(missing.code, 64)
    const wrong = await runProgram(['top', '--token-file', genesisPath, ...nowhere])
    assert.is(wrong.code, 64)
    assert.match(wrong.stderr, /genesis\.json: holds no token; thingmoot token new makes one/)
  })
)

test('on a terminal q, Ctrl-C and a reader that goes end it, and the terminal is given back', async () => {
  for (const key of ['q', 'Q', '\u0003', 'xq']) {
    const { watching, press, modes } = watchTerminal()
    assert.not.ok(watching.isOver)
    press('x')
    assert.not.ok(watching.isOver)
    press(key)
    assert.ok(watching.isOver)
    assert.is(await watching.orOver(new Promise<number>(() => undefined)), undefined)
    watching.end()
    assert.equal(modes, [true, false])
  }
  const gone = new AbortController()
  const { watching } = watchTerminal(gone.signal)
  gone.abort()
  assert.ok(watching.isOver)
  assert.ok(watchTerminal(gone.signal).watching.isOver)
})

test.run()

function watchTerminal(readerGone = new AbortController().signal): {
  readonly watching: Watching
  readonly press: (key: string) => void
  readonly modes: readonly boolean[]
} {
  const modes: boolean[] = []
  let listener: (part: string) => void = () => undefined
  const stdin: KeyInput = {
    isTTY: true,
    setRawMode: (isRaw) => modes.push(isRaw),
    on: (_event, heard) => {
      listener = heard
    },
    resume: () => undefined,
    pause: () => undefined
  }
  const stdout = { isTTY: true, write: () => true }
  const watching = new Watching({ stdin, stdout, readerGone, onSignal: () => undefined })
  return { watching, press: (key) => listener(key), modes }
}

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Runs the program until it has said some lines; ended by leaving its output unread. */
async function firstLines(args: readonly string[], lines: number): Promise<readonly string[]> {
  const { PATH = '' } = process.env
  const child: ChildProcess = spawn(process.execPath, [ENTRY, ...args], {
    env: { PATH },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  let [out, err] = ['', '']
  child.stderr?.on('data', (part: Buffer) => {
    err += part.toString('utf8')
  })
  await new Promise<void>((resolve) => {
    child.stdout?.on('data', (part: Buffer) => {
      out += part.toString('utf8')
      if (out.split('\n').length <= lines) return
      child.stdout?.destroy()
      resolve()
    })
  })
  assert.is(await ended, 0)
  assert.is(err, '')
  return out.split('\n').slice(0, lines)
}
