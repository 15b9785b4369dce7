/**
 * A real node for the tests of the command line: the founder of a network of one.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { ENTRY, runProgram, type TestHome } from './run-program.ts'

/** A node that says it is ready. */
export interface TestNode {
  readonly readyLine: string
  readonly url: string
  /** Sends SIGTERM and resolves with the exit code. */
  readonly stop: () => Promise<number | null>
}

/** Runs a test with a node, which is ended afterwards, come what may. */
export async function withNode(
  home: TestHome,
  run: (node: TestNode) => Promise<void>
): Promise<void> {
  const { environment, genesisPath, keysFolder } = home
  const made = await runProgram(
    [
      ...['init', '--genesis', genesisPath, '--keys', keysFolder, '--plain-keys'],
      ...['--http-port', '0', '--mqtt-port', '0', '--coap-port', '0', '--metrics-enabled', 'false'],
      ...['--network-listen', '/ip4/127.0.0.1/tcp/0', '--disk-warn-bytes', '0'],
      ...['--disk-stop-bytes', '0']
    ],
    environment
  )
  if (made.code !== 0) throw new Error(made.stderr)
  await withStarted(environment, run)
}

/** Runs a test with the node of a home that has its settings, which is ended afterwards. */
export async function withStarted(
  environment: TestHome['environment'],
  run: (node: TestNode) => Promise<void>
): Promise<void> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [ENTRY, 'start'], {
    env: { PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  try {
    const readyLine = await readyLineOf(child)
    const url = `http://${/ http=(\S+)/.exec(readyLine)?.[1] ?? ''}`
    const stop = (): Promise<number | null> => {
      child.kill('SIGTERM')
      return ended
    }
    await run({ readyLine, url, stop })
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}

function readyLineOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = ''
    let err = ''
    child.stderr?.on('data', (part: Buffer) => {
      err += part.toString('utf8')
    })
    child.stdout?.on('data', (part: Buffer) => {
      out += part.toString('utf8')
      const line = /^READY .*$/m.exec(out)?.[0]
      if (line !== undefined && out.endsWith('\n')) resolve(line)
    })
    child.once('close', (code) => reject(new Error(`ended with ${code} before READY: ${err}`)))
  })
}
