/**
 * Commands of the product, run for one node of the testnet as its operator would.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { NodeError } from '../node/errors.ts'

const ENTRY = fileURLToPath(new URL('../node/main.js', import.meta.url))
const DEADLINE_MS = 90_000
const OUTPUT_MAX_BYTES = 1024 * 1024

/**
 * Runs a command to its end.
 *
 * @param settings - the settings of the node that it is for
 * @param args     - the command and what it is told
 * @param name     - of the node, for errors
 * @returns what it answers with `--json`
 * @throws NodeError REQUEST_FAILED with what the command said
 */
export async function runForNode(
  settings: string,
  args: readonly string[],
  name: string
): Promise<unknown> {
  const options = { timeout: DEADLINE_MS, maxBuffer: OUTPUT_MAX_BYTES }
  const all = [ENTRY, ...args, '--config', settings, '--json']
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, all, options, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout))
      else reject(failed(name, stderr, error))
    })
  })
}

function failed(name: string, stderr: string, cause: Error): NodeError {
  const [line = ''] = stderr.split('\n')
  const said = line.replace(/^thingmoot: /, '')
  return new NodeError('REQUEST_FAILED', `${name}: ${said === '' ? cause.message : said}`, {
    cause
  })
}
