/**
 * What a reference device does with a command: shows it, and hands it to a program if one is named.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import type { CommandResult } from '../../client/index.ts'

/** The program could not be run, or was ended because it took too long. */
export const PROGRAM_FAILED = 257

/** Longer answers are cut off: they must fit into one message of any class. */
const ANSWER_MAX_BYTES = 1_024

/** Runs a program: the command is its input, its exit code the result, its output the answer. */
export function runProgram(
  path: string,
  plaintext: Uint8Array,
  deadlineMs: number
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(path, [], { stdio: ['pipe', 'pipe', 'ignore'], timeout: deadlineMs })
    let answer = Buffer.alloc(0)
    child.stdout.on('data', (part: Buffer) => {
      if (answer.length < ANSWER_MAX_BYTES) answer = Buffer.concat([answer, part])
    })
    // A program need not read what it is told.
    child.stdin.on('error', () => undefined)
    child.stdin.end(plaintext)
    child.once('error', () => resolve({ resultCode: PROGRAM_FAILED, answer: null }))
    child.once('close', (code) => {
      const said = new Uint8Array(answer.subarray(0, ANSWER_MAX_BYTES))
      resolve({ resultCode: code ?? PROGRAM_FAILED, answer: said.length === 0 ? null : said })
    })
  })
}
