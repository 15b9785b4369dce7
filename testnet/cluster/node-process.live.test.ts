import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NodeError } from '../../node/errors.ts'
import {
  type NodeExit,
  type NodeLine,
  NodeProcess,
  type NodeProcessOptions
} from './node-process.ts'
import { endLeftover, pidFilePath, writePidFile } from './pid-file.ts'

const test = suite('node process')
const home = mkdtempSync(join(tmpdir(), 'thingmoot-process-'))
const started: NodeProcess[] = []
let folders = 0

const HONEST = `
  process.on('SIGTERM', () => { console.log('stopping in order'); process.exit(0) })
  console.log('warming up'); console.error('a word on stderr')
  console.log('READY height=0 ' + (process.env.GREETING ?? ''))
  let tick = 0
  setInterval(() => console.log('tick ' + tick++), 5)`
const STUBBORN = `process.on('SIGTERM', () => {}); console.log('READY'); console.log('READY now'); setInterval(() => {}, 1000)`

test.after.each(async () => {
  for (const node of started.splice(0)) await node.kill()
})
test.after(() => rmSync(home, { recursive: true }))

test('a node is ready when it says so, stops in order, and can be started again', async () => {
  const { node, lines, exits, folder } = build(HONEST, { environment: { GREETING: 'hello' } })
  assert.is(node.state, 'stopped')
  const ready = node.start()
  assert.is(node.state, 'starting')
  assert.is(await ready, 'READY height=0 hello')
  assert.is(node.state, 'ready')
  assert.ok(isRunning(node.pid!))
  assert.ok(existsSync(pidFilePath(folder)))
  assert.equal(await node.stop(), { code: 0, signal: null, asked: true })
  assert.is(node.state, 'stopped')
  assert.not(existsSync(pidFilePath(folder)))
  assert.is(lines.at(-1)?.text, 'stopping in order')
  assert.ok(lines.some(({ stream, text }) => stream === 'stderr' && text === 'a word on stderr'))
  assert.is(await node.start(), 'READY height=0 hello')
  await node.stop()
  assert.is(exits.length, 2)
  const log = readFileSync(node.logPath, 'utf8')
  assert.is(log.split('stopping in order\n').length, 3, 'the log keeps both runs')
})

test('a killed node ends at once and says nothing more', async () => {
  const { node, lines } = build(HONEST)
  await node.start()
  const pid = node.pid!
  assert.equal(await node.kill(), { code: null, signal: 'SIGKILL', asked: true })
  assert.not(isRunning(pid))
  assert.not(lines.some(({ text }) => text === 'stopping in order'))
  assert.is(await node.kill(), undefined)
  assert.is(await node.stop(), undefined)
})

test('a paused node is silent until it is resumed, and a paused one can be stopped', async () => {
  const { node, lines } = build(HONEST)
  await node.start()
  assert.ok(node.pause())
  assert.is(node.state, 'paused')
  await quiet(lines)
  const before = lines.length
  assert.ok(node.resume())
  while (lines.length === before) await soon()
  assert.is(node.state, 'ready')
  node.pause()
  assert.equal(await node.stop(), { code: 0, signal: null, asked: true })
  assert.not(node.pause())
  assert.not(node.resume())
})

test('a node that does not stop within its deadline is killed', async () => {
  const { node } = build(STUBBORN, { stopDeadlineMs: 100 })
  assert.is(await node.start(), 'READY now', 'the word alone is not the ready line')
  assert.is((await node.stop())?.signal, 'SIGKILL')
})

test('a node that ends before it is ready surfaces its exit code and its last line', async () => {
  const { node, exits } = build(`console.error('config.yaml:3: no such key'); process.exit(78)`)
  const message = await refusal(node)
  assert.match(message, 'exit code 78')
  assert.match(message, 'config.yaml:3: no such key')
  assert.match(message, node.logPath)
  assert.equal(exits, [{ code: 78, signal: null, asked: false }])
})

test('a node that is never ready is given up and does not stay', async () => {
  const { node } = build('setInterval(() => {}, 1000)', { readyDeadlineMs: 150 })
  assert.match(await refusal(node), 'not ready within 150 ms')
  assert.is(node.state, 'stopped')
})

test('a command that is not there is said in one line', async () => {
  const { node } = build('', { command: join(home, 'nowhere') })
  assert.match(await refusal(node), 'cannot be run')
  assert.is(node.state, 'stopped')
})

test('a node stopped before its process exists is never started', async () => {
  const { node } = build(HONEST)
  const ready = refusal(node)
  await node.stop()
  assert.match(await ready, 'stopped before')
  assert.is(node.pid, undefined)
})

test('a node that fails later is told as not asked for', async () => {
  const { node, exits } = build(`console.log('READY x'); setTimeout(() => process.exit(74), 20)`)
  await node.start()
  while (exits.length === 0) await soon()
  assert.equal(exits, [{ code: 74, signal: null, asked: false }])
})

test('what a node has started ends with it', async () => {
  const { node, lines } = build(
    `const child = require('node:child_process').spawn('sleep', ['600'], { stdio: 'inherit' })
     console.log('child ' + child.pid); console.log('READY x'); setInterval(() => {}, 1000)`
  )
  await node.start()
  const pid = Number(lines.find(({ text }) => text.startsWith('child '))!.text.slice(6))
  assert.ok(isRunning(pid))
  await node.kill()
  while (isRunning(pid)) await soon()
})

test('a testnet killed outright leaves no node behind', async () => {
  const { script, folder } = place(HONEST)
  const supervisor = join(home, 'supervisor.mjs')
  writeFileSync(
    supervisor,
    `import { NodeProcess } from ${JSON.stringify(new URL('./node-process.js', import.meta.url).href)}
     const quiet = () => {}
     const node = new NodeProcess(
       { name: 'X', command: process.execPath, args: ${JSON.stringify([script])}, folder: ${JSON.stringify(folder)} },
       { onLine: quiet, onExit: quiet, onTrouble: quiet })
     await node.start()
     process.stdout.write(String(node.pid))`
  )
  const child = spawn(process.execPath, [supervisor], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [bytes] = (await once(child.stdout, 'data')) as [Buffer]
  const pid = Number(bytes.toString())
  assert.ok(isRunning(pid))
  child.kill('SIGKILL')
  while (isRunning(pid)) await soon()
})

test('a process left over is ended by its pid file, and a stranger with a reused id is not', async () => {
  const { folder } = place('')
  const leftover = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
  const { node } = build(HONEST, { folder })
  await node.start()
  await node.stop()
  await writePidFile(folder, leftover.pid!)
  const recorded = readFileSync(pidFilePath(folder), 'utf8')
  writeFileSync(pidFilePath(folder), recorded.replace(/\d{4}\n$/, '1999\n'))
  assert.not(await endLeftover(folder))
  assert.ok(isRunning(leftover.pid!))
  writeFileSync(pidFilePath(folder), recorded)
  const ended = once(leftover, 'exit')
  assert.ok(await endLeftover(folder))
  await ended
  assert.not(await endLeftover(folder))
})

test.run()

function place(code: string): { script: string; folder: string } {
  const folder = join(home, `node-${folders++}`)
  const script = `${folder}.cjs`
  writeFileSync(script, code)
  return { script, folder }
}

function build(
  code: string,
  changes: Partial<NodeProcessOptions> = {}
): { node: NodeProcess; lines: NodeLine[]; exits: NodeExit[]; folder: string } {
  const { script, folder } = place(code)
  const lines: NodeLine[] = []
  const exits: NodeExit[] = []
  const node = new NodeProcess(
    { name: 'Stockholm', command: process.execPath, args: [script], folder, ...changes },
    {
      onLine: (line) => lines.push(line),
      onExit: (exit) => exits.push(exit),
      onTrouble: (error) => {
        throw error
      }
    }
  )
  started.push(node)
  return { node, lines, exits, folder }
}

async function refusal(node: NodeProcess): Promise<string> {
  try {
    await node.start()
  } catch (error) {
    assert.is((error as NodeError).code, 'NODE_NOT_READY')
    return (error as NodeError).message
  }
  throw new Error('the node became ready')
}

async function quiet(lines: readonly NodeLine[]): Promise<void> {
  let before = -1
  while (lines.length !== before) {
    before = lines.length
    await new Promise((resolve) => setTimeout(resolve, 60))
  }
}

function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5))
}

/** Whether a process runs; one that has ended and whose parent has not noticed does not. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return process.platform !== 'linux'
  }
}
