/**
 * Runs a command of the system to its end, within a time.
 *
 * @module
 */

import { execFile } from 'node:child_process'

/** How a command ended. */
export interface CommandEnd {
  readonly code: number
  /** Standard output and standard error, one behind the other. */
  readonly text: string
}

const COMMAND_MAX_MS = 60_000
const OUTPUT_MAX_BYTES = 4 * 1024 * 1024

/** Runs a command and tells how it ended; one that takes too long is killed. */
export function runCommand(file: string, args: readonly string[]): Promise<CommandEnd> {
  return new Promise((resolve) => {
    execFile(
      file,
      [...args],
      {
        timeout: COMMAND_MAX_MS,
        killSignal: 'SIGKILL',
        maxBuffer: OUTPUT_MAX_BYTES,
        env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` }
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code ?? -1)
        resolve({ code: Number.isNaN(code) ? -1 : code, text: `${stdout}${stderr}` })
      }
    )
  })
}

/**
 * Runs a command that must succeed.
 *
 * @throws Error with what it said
 */
export async function mustRun(file: string, ...args: readonly string[]): Promise<string> {
  const { code, text } = await runCommand(file, args)
  if (code !== 0) throw new Error(`${file} ${args.join(' ')}: exit code ${code}: ${text.trim()}`)
  return text
}
