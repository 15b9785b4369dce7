/**
 * Faults of system calls, injected into a node that runs.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { ChaosNode } from './chaos-node.ts'
import { expect } from './row.ts'
import type { UndoStack } from './undo-stack.ts'
import { waitUntil } from './waiting.ts'

const ATTACH_MAX_MS = 15_000

/**
 * Makes calls of `fdatasync` fail with EIO: in each thread its nth one and all that follow.
 *
 * Resolves when the node is under the knife; the fault ends with the node.
 */
export async function failSyncs(node: ChaosNode, nth: number, undo: UndoStack): Promise<void> {
  const { pid } = node
  expect(pid !== undefined, `${node.slug} is not running`)
  const tracer = spawn(
    'strace',
    [
      ...['-f', '-qq', '-o', '/dev/null', '-p', String(pid)],
      ...['-e', 'trace=fdatasync', '-e', `inject=fdatasync:error=EIO:when=${nth}+`]
    ],
    { stdio: 'ignore' }
  )
  tracer.on('error', () => {
    // That nothing was attached is told by the wait below.
  })
  undo.push({
    what: `strace of ${node.slug}`,
    run: () => {
      tracer.kill('SIGKILL')
    }
  })
  await waitUntil({
    what: `strace to hold ${node.slug}`,
    withinMs: ATTACH_MAX_MS,
    pollMs: 20,
    ask: () => (isTraced(pid) ? true : undefined)
  })
}

function isTraced(pid: number): boolean {
  try {
    return !/^TracerPid:\s*0$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    // It may have ended by its fault already.
    return true
  }
}
